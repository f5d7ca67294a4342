import Bytes
import CORS
import Testing

@Suite("Sorted names")
struct SortedNamesTests {
    /// Names that differ at every place, in length alone, and in bytes that a signed or a little-endian comparison would order otherwise.
    private static let names: [[UInt8]] = {
        var names: [[UInt8]] = [[], [0], [0xff], [0x7f, 0x80]]
        for length in 1...20 {
            let plain = [UInt8](repeating: UInt8(ascii: "m"), count: length)
            names.append(plain)
            for place in 0..<length {
                for byte in [UInt8(ascii: "a"), UInt8(ascii: "z"), 0x01, 0xfe] {
                    var name = plain
                    name[place] = byte
                    names.append(name)
                }
            }
        }
        return names
    }()

    @Test("are found, each at its place, and nothing else is")
    func all() {
        let shuffled = Self.names.shuffled()
        let kept = shuffled.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        let table = SortedNames(kept)
        for (position, name) in kept.enumerated() { #expect(name.withByteView { table.position(of: $0) } == position) }
        for name in shuffled where !kept.contains(name) {
            #expect(name.withByteView { table.position(of: $0) } == nil, "\(name)")
        }
    }

    @Test("are one when they differ in case alone, where that does not count")
    func ignoringCase() {
        let table = SortedNames(["X-Own-Field", "content-type", "x-own-field"].map { Array($0.utf8) }, ignoresCase: true)
        #expect("x-OWN-field".withByteView { table.position(of: $0) } == 0)
        #expect("CONTENT-TYPE".withByteView { table.position(of: $0) } == 1)
        #expect("x-own-fiel".withByteView { table.position(of: $0) } == nil)
        #expect("x-own-field2".withByteView { table.position(of: $0) } == nil)
    }

    @Test("of no table are nowhere")
    func empty() {
        #expect("a".withByteView { SortedNames([]).position(of: $0) } == nil)
        #expect(SortedNames([]).isEmpty && !SortedNames([[]]).isEmpty)
        #expect(ByteView.empty.count == 0 && SortedNames([[]]).position(of: .empty) == 0)
    }
}
