import Bytes
import Testing
import TraceContext

@Suite struct TraceStateTests {
    func combine(_ lines: [String]) -> String? {
        let state = TraceState()
        for line in lines { line.withByteView { state.add($0) } }
        return state.finish().map { String($0) }
    }

    @Test(
        "combines lines in order and drops empty members",
        arguments: [
            (["foo=1,bar=2"], "foo=1,bar=2"), (["foo=1", "bar=2"], "foo=1,bar=2"), ([" foo=1 ,\t,, bar=2\t"], "foo=1,bar=2"),
            (["", ","], nil), ([], nil),
            (["a@b=1", "0t@s=v"], "a@b=1,0t@s=v"), (["a_-*/0=x y"], "a_-*/0=x y"), (["foo=1", "foo=2"], "foo=1,foo=2"),
            (["k= v"], "k= v"),
        ] as [([String], String?)])
    func combines(lines: [String], expected: String?) {
        #expect(combine(lines) == expected)
    }

    @Test(
        "drops everything when one member is malformed",
        arguments: [
            "foo", "=1", "foo=", "Foo=1", "0foo=1", "foo =1", "foo=a=b", "fo.o=1", "foo@=1", "@foo=1", "a@B=1", "a@0b=1",
            "a@b@c=1", "foo=\u{1}", "foo=é",
            "foo=1;bar=2=3", "_a=1",
        ])
    func malformed(member: String) {
        #expect(combine(["good=1", member]) == nil)
    }

    @Test(
        "keeps names and values of the greatest length and refuses one more",
        arguments: [
            ("a" + String(repeating: "b", count: 255), "1", true), ("a" + String(repeating: "b", count: 256), "1", false),
            (String(repeating: "t", count: 241) + "@" + String(repeating: "s", count: 14), "1", true),
            (String(repeating: "t", count: 242) + "@s", "1", false),
            ("t@" + String(repeating: "s", count: 15), "1", false), ("k", String(repeating: "v", count: 256), true),
            ("k", String(repeating: "v", count: 257), false),
        ])
    func lengths(key: String, value: String, accepted: Bool) {
        #expect(combine(["\(key)=\(value)"]) == (accepted ? "\(key)=\(value)" : nil))
    }

    @Test("keeps 32 members and drops everything at 33")
    func members() {
        let lines = { (count: Int) in (0..<count).map { "k\($0)=\($0)" } }
        #expect(combine(lines(32)) == lines(32).joined(separator: ","))
        #expect(combine([lines(32).joined(separator: ",")]) == lines(32).joined(separator: ","))
        #expect(combine(lines(33)) == nil)
    }

    @Test("keeps 512 bytes whole, and beyond that drops long members first, then the last ones")
    func shortens() {
        let member = { (name: String, length: Int) in name + "=" + String(repeating: "v", count: length - name.utf8.count - 1) }
        // Four of 127 and three commas are 511; five of 102 and four commas are 514.
        let fitting = [member("a", 127), member("b", 127), member("c", 127), member("d", 128)]
        #expect(combine(fitting)?.utf8.count == 512)
        let over = [member("a", 102), member("b", 102), member("c", 102), member("d", 102), member("e", 101)]
        #expect(combine(over) == over.dropLast().joined(separator: ","))
        let long = [member("a", 129), member("b", 128), member("c", 128), member("d", 128)]
        #expect(combine(long) == long.dropFirst().joined(separator: ","))
        let longLast = [member("a", 200), member("b", 200), member("c", 100), member("d", 100)]
        #expect(combine(longLast) == [longLast[0], longLast[2], longLast[3]].joined(separator: ","))
    }

    @Test("forgets the last request")
    func reuse() {
        let state = TraceState()
        "=".withByteView { state.add($0) }
        #expect(state.finish() == nil)
        state.removeAll()
        "a=1".withByteView { state.add($0) }
        #expect(state.finish().map { String($0) } == "a=1")
        state.removeAll()
        #expect(state.finish() == nil)
    }
}
