import Bytes
import Testing

@Suite("Byte writer")
struct ByteWriterTests {
    private func text(_ body: (ByteWriter) -> Void) -> String {
        let writer = ByteWriter(capacity: 1)
        body(writer)
        return String(writer.view)
    }

    private static let powers: [UInt64] = (0..<20).map { digits in (0..<digits).reduce(UInt64(1)) { value, _ in value &* 10 } }

    @Test("writes every power of ten and its neighbours in decimal", arguments: powers)
    func decimal(power: UInt64) {
        for value in [power, power &- 1, power &+ 1] { #expect(text { $0.append(decimal: value) } == "\(value)") }
    }

    @Test("writes the ends of the integers", arguments: [Int.min, -1, 0, 1, Int.max])
    func signed(value: Int) {
        #expect(text { $0.append(decimal: value) } == "\(value)")
        #expect(text { $0.append(decimal: UInt64.max) } == "18446744073709551615")
    }

    @Test("writes sixteen hexadecimal digits of any word, in order")
    func hexadecimal() {
        var word: UInt64 = 0x0123_4567_89ab_cdef
        for _ in 0..<200 {
            let digits = String(word, radix: 16)
            let wanted = String(repeating: "0", count: 16 - digits.utf8.count) + digits
            #expect(text { $0.append(hex: word) } == wanted)
            #expect(text { $0.append(shortHex: word) } == digits)
            word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        }
        #expect(text { $0.append(shortHex: 0) } == "0")
    }

    @Test("every byte value becomes its two digits", arguments: 0...255)
    func hexDigits(byte: Int) {
        let digits = String(byte, radix: 16)
        let wanted = String(repeating: "0", count: 2 - digits.utf8.count) + digits
        #expect(text { $0.append(hex: UInt64(byte) << 56) }.hasPrefix(wanted))
        #expect(text { $0.append(hex: UInt64(byte)) }.hasSuffix(wanted))
    }

    @Test("grows and keeps what was written")
    func grows() {
        let writer = ByteWriter(capacity: 64)
        for index in 0..<10_000 { writer.append(UInt8(truncatingIfNeeded: index)) }
        #expect(writer.count == 10_000)
        #expect((0..<10_000).allSatisfy { writer.view[$0] == UInt8(truncatingIfNeeded: $0) })
    }

    @Test("forgets from the front and from the back")
    func forgets() {
        let writer = ByteWriter()
        writer.append("abcdef")
        writer.removeFirst(2)
        #expect(writer.view == "cdef")
        writer.truncate(to: 3)
        writer.truncate(to: 9)
        writer.truncate(to: -1)
        #expect(writer.view == "cde")
        writer.removeFirst(99)
        #expect(writer.count == 0)
        writer.append("x")
        writer.removeAll(keepingAtMost: 0)
        writer.append("y")
        #expect(writer.view == "y")
    }

    @Test("writes words in network order and overwrites them in place")
    func words() {
        let writer = ByteWriter()
        writer.append(bigEndian: UInt16(0x0102))
        let place = writer.skip(4)
        writer.append(bigEndian: UInt32(0x0304_0506))
        writer.set(bigEndian: 0xa0b0_c0d0, at: place)
        writer.set(0xff, at: 0)
        #expect(Array(writer.view) == [0xff, 2, 0xa0, 0xb0, 0xc0, 0xd0, 3, 4, 5, 6])
    }
}
