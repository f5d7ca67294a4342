import Bytes
import Testing

@Suite("Byte view")
struct ByteViewTests {
    @Test("compares without the case of ASCII letters and of nothing else", arguments: 0...255)
    func caseInsensitive(byte: Int) {
        let byte = UInt8(byte)
        let isLetter = (65...90).contains(byte) || (97...122).contains(byte)
        [byte].withByteView { left in
            [byte ^ 0x20].withByteView { right in #expect(left.equalsIgnoringCase(right) == isLetter) }
        }
    }

    @Test("finds bytes from an offset, and nothing outside")
    func finds() {
        let view = ByteView("abcabc")
        #expect(view.firstIndex(of: UInt8(ascii: "b")) == 1)
        #expect(view.firstIndex(of: UInt8(ascii: "b"), from: 2) == 4)
        #expect(view.firstIndex(of: UInt8(ascii: "b"), from: 5) == nil)
        #expect(view.firstIndex(of: UInt8(ascii: "b"), from: 6) == nil)
        #expect(view.firstIndex(of: UInt8(ascii: "b"), from: -1) == nil)
        #expect(ByteView.empty.firstIndex(of: 0) == nil)
    }

    @Test("slices, prefixes and eight bytes at once")
    func slices() {
        let view = ByteView("0123456789")
        #expect(view[2, 5] == "234")
        #expect(view[ByteRange(9, 10)] == "9")
        #expect(view[10, 10].isEmpty)
        #expect(view.hasPrefix("012") && !view.hasPrefix("1") && !ByteView("0").hasPrefix("01"))
        #expect(view.load8(at: 2) == 0x3938_3736_3534_3332)
    }

    @Test("the keyed hash tells lengths, tails and seeds apart")
    func hashes() {
        let hash = KeyedHash(seed: 7)
        var seen: Set<UInt64> = []
        for length in 0...200 {
            seen.insert([UInt8](repeating: 0, count: length).withByteView { hash($0) })
            guard length > 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: length)
            bytes[length - 1] = 1
            seen.insert(bytes.withByteView { hash($0) })
        }
        #expect(seen.count == 401)
        #expect(KeyedHash(seed: 8)(ByteView("a")) != hash(ByteView("a")))
        #expect(hash(ByteView("abc")) == KeyedHash(seed: 7)(ByteView("abc")))
    }
}
