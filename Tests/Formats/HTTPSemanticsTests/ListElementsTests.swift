import Bytes
import HTTPSemantics
import Testing

@Suite("List elements")
struct ListElementsTests {
    private func elements(_ text: String) -> [String] {
        text.withByteView { value in
            var list = ListElements(value)
            var all: [String] = []
            while let element = list.next() { all.append(String(element)) }
            return all
        }
    }

    @Test(
        "are what stands between commas, without whitespace and empty elements",
        arguments: [
            ("", []), (",", []), (" , ,\t,", []), ("close", ["close"]), ("close, foo", ["close", "foo"]),
            ("close,foo", ["close", "foo"]), (" a\t, ,b ,", ["a", "b"]), ("a b", ["a b"]), ("a;q=1,b", ["a;q=1", "b"]),
            ("\"a,b\",c", ["\"a,b\"", "c"]), ("for=\"x\\\",y\",z", ["for=\"x\\\",y\"", "z"]), ("\"open,a", ["\"open,a"]),
            ("\"\\", ["\"\\"]),
        ] as [(String, [String])])
    func split(text: String, expected: [String]) { #expect(elements(text) == expected) }

    @Test("never read past any end of a value")
    func truncation() {
        let text = "a , \"b\\\",c\" ,d\\"
        for length in 0...text.utf8.count {
            let prefix = String(decoding: Array(text.utf8)[..<length], as: UTF8.self)
            #expect(elements(prefix).joined().utf8.count <= length)
        }
    }
}
