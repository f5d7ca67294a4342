import Bytes
import Testing

@testable import Transcoding

@Suite("Values of a stream of JSON")
struct JSONItemsTests {
    /// What comes out of a body that arrives in pieces of `size`, the used bytes forgotten after each.
    private func items(_ body: String, _ format: JSONItems.Format, pieces size: Int) -> String {
        var items = JSONItems(format)
        let buffer = ByteWriter()
        var found: [String] = []
        var rest = Array(body.utf8)[...]
        repeat {
            for byte in rest.prefix(size) { buffer.append(byte) }
            rest = rest.dropFirst(size)
            var position = 0
            search: while true {
                switch items.next(buffer.view, from: position, isLast: rest.isEmpty) {
                case .item(let range, let next):
                    found.append(String(buffer.view[range]).trimmingPrefix { $0.isWhitespace }.description)
                    position = next
                case .needMore(let next):
                    position = next
                    break search
                case .end: return found.joined(separator: "|")
                case .invalid(let fault): return (found + [fault.rawValue]).joined(separator: "|")
                }
            }
            buffer.removeFirst(position)
        } while true
    }

    @Test(
        "are lines, however they arrive",
        arguments: [
            ("", ""), ("\n\n \r\n", ""), ("1", "1"), ("1\n", "1"), ("{\"a\":1}\n\n{}\n7", "{\"a\":1}|{}|7"), ("\n\t\n x\n", "x"),
            ("a\n ", "a"),
        ])
    func lines(body: String, wanted: String) {
        for size in 1...max(1, body.utf8.count) { #expect(items(body, .lines, pieces: size) == wanted) }
    }

    @Test(
        "are elements of an array, however they arrive",
        arguments: [
            ("[]", ""), (" [ ] \n", ""), ("[1]", "1"), ("[1,2,3]", "1|2|3"), ("\n[ {} , [] ]", "{} |[] "),
            (#"[{"a":"],[\"}"},"\\"]"#, #"{"a":"],[\"}"}|"\\""#), ("[[1,[2,3]],{\"a\":[1,{}]}]", "[1,[2,3]]|{\"a\":[1,{}]}"),
            ("", "expected-array"), ("{}", "expected-array"), (" 1", "expected-array"), ("]", "expected-array"),
            ("[", "unfinished-array"), ("[1", "unfinished-array"), ("[1,", "1|unfinished-array"), ("[\"]", "unfinished-array"),
            ("[{]", "unfinished-array"), ("[,]", "invalid-json"), ("[1,]", "1|invalid-json"), ("[1,,2]", "1|invalid-json"),
            ("[1] 2", "1|invalid-json"), ("[][]", "invalid-json"), ("[}]", "}|"), ("[1 2]", "1 2"),
        ])
    func array(body: String, wanted: String) {
        let wanted = wanted.hasSuffix("|") ? String(wanted.dropLast()) : wanted
        for size in 1...max(1, body.utf8.count) { #expect(items(body, .array, pieces: size) == wanted, "in pieces of \(size)") }
    }

    @Test("every byte is looked at once")
    func linear() {
        var items = JSONItems(.array)
        let buffer = ByteWriter()
        buffer.append("[\"")
        #expect(items.next(buffer.view, from: 0, isLast: false) == .needMore(next: 1))
        buffer.removeFirst(1)
        for _ in 0..<10 {
            buffer.append("xxxxxxxx")
            #expect(items.next(buffer.view, from: 0, isLast: false) == .needMore(next: 0))
        }
        // What was seen is not read again: were it, this would end the string.
        buffer.set(UInt8(ascii: "\""), at: 3)
        buffer.append("\",")
        #expect(items.next(buffer.view, from: 0, isLast: false) == .item(ByteRange(0, 82), next: 82))
    }
}
