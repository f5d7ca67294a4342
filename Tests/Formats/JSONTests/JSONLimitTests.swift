import Bytes
import JSON
import Testing

@Suite struct JSONLimitTests {
    @Test("accepts the deepest nesting allowed and refuses one level more", arguments: [1, 2, 64])
    func depth(levels: Int) {
        let limits = JSONLimits(depth: levels)
        let brackets = { (count: Int) in String(repeating: "[", count: count) + String(repeating: "]", count: count) }
        #expect(fault(of: brackets(levels), limits: limits) == nil)
        #expect(fault(of: brackets(levels + 1), limits: limits) == JSONFault(offset: levels, code: .tooDeep))
    }

    @Test("depth counts open containers, not how many there were")
    func breadth() {
        #expect(fault(of: "[[],[],{},[[]]]", limits: JSONLimits(depth: 3)) == nil)
    }

    @Test("refuses one node too many", arguments: [1, 2, 255, 256, 257, 1000])
    func nodes(most: Int) {
        let elements = { (count: Int) in "[" + Array(repeating: "1", count: count).joined(separator: ",") + "]" }
        let limits = JSONLimits(nodes: most)
        #expect(fault(of: elements(most - 1), limits: limits) == nil)
        #expect(fault(of: elements(most), limits: limits)?.code == .tooManyNodes)
    }

    @Test("refuses one byte too many")
    func bytes() {
        #expect(fault(of: "[1]", limits: JSONLimits(bytes: 3)) == nil)
        #expect(fault(of: "[1] ", limits: JSONLimits(bytes: 3)) == JSONFault(offset: 3, code: .tooLarge))
    }

    @Test("gives back the memory of a huge text when a small one follows")
    func shrinks() {
        let tape = JSONTape(seed: 1)
        let huge = Array(("[" + Array(repeating: "1", count: 100_000).joined(separator: ",") + "]").utf8)
        #expect(huge.withByteView { tape.parse($0) } == nil)
        #expect(tape.count == 100_001)
        #expect(Array("[1]".utf8).withByteView { tape.parse($0) } == nil)
        #expect(tape.count == 2)
        #expect(huge.withByteView { tape.parse($0) } == nil)
        #expect(tape.count == 100_001)
    }
}
