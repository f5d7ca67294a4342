import Bytes

/// The names that texts had of late, each with the one that came after it: texts of one interface have the same names in the same
/// order, and comparing with what is expected is faster than looking for the end of what is there.
struct JSONNameMemory {
    /// A name as it stands in a text, from its first quote to its colon; at first the one without a byte, `"":`.
    struct Name {
        /// The first eight bytes, and which of them count.
        var head: UInt64 = 0x3a_2222
        var headMask: UInt64 = 0xff_ffff
        /// The last eight bytes, and which of them count; none where `head` says it all.
        var tail: UInt64 = 0
        var tailMask: UInt64 = 0
        /// Where the last eight bytes are.
        var tailOffset: UInt32 = 0
        /// Bytes from the first quote to the colon.
        var byteCount: UInt32 = 3
        /// The hash of the name, and the bit it has among those of its object.
        var mixed: UInt64 = 0
        /// The name that followed it last.
        var next: UnsafeMutablePointer<Name>

        /// Whether it stands at `bytes`, where `longest` bytes have to be.
        @inline(always)
        func stands(at bytes: UnsafePointer<UInt8>) -> Bool {
            let head = (JSONWord.load(bytes) ^ head) & headMask
            let tail = (JSONWord.load(bytes + Int(tailOffset)) ^ tail) & tailMask
            return head | tail == 0
        }

        /// Makes it the name in the first `count` of these bytes, of which there are `longest`.
        fileprivate mutating func fill(_ bytes: ByteView, _ count: Int, _ mixed: UInt64) {
            self.mixed = mixed
            byteCount = UInt32(truncatingIfNeeded: count)
            headMask = count < 8 ? 1 << UInt64(count * 8) - 1 : .max
            head = bytes.load8(at: 0) & headMask
            tailOffset = UInt32(truncatingIfNeeded: max(0, count &- 8))
            tailMask = count > 8 ? .max : 0
            tail = bytes.load8(at: Int(tailOffset))
        }
    }

    /// Bytes of the longest name that is remembered, with its quotes and its colon: two words.
    static let longest = 16
    /// Names that are remembered, as a power of two: some for every one in the busiest bodies of an interface, so that few share a place.
    private static let bits: UInt64 = 7
    /// Places that are tried for a name.
    private static let mostSteps = 4

    private let names: UnsafeMutablePointer<Name>
    /// The name that was read last.
    var last: UnsafeMutablePointer<Name>

    init() {
        names = .allocate(capacity: 1 << Int(Self.bits))
        last = names
        names.initialize(repeating: Name(next: names), count: 1 << Int(Self.bits))
    }

    func deallocate() { names.deallocate() }

    /// Remembers a name without escapes as the one after the last, unless it is too long or at the end of the text.
    ///
    /// - Parameter count: bytes from the first quote, which is at `at`, to the colon.
    @inline(always)
    mutating func learn(_ text: ByteView, _ at: Int, _ count: Int, mixed: UInt64) {
        guard count <= Self.longest, at &+ Self.longest <= text.count else { return }
        let home = Int(truncatingIfNeeded: mixed >> (64 - Self.bits))
        let name = names[home].mixed == mixed ? names + home : place(home, text[at, at &+ Self.longest], count, mixed)
        last.pointee.next = name
        last = name
    }

    /// Where a name is that is not where it belongs first, or is from now on: one of the next places, or else that of another name.
    @inline(never)
    private func place(_ home: Int, _ bytes: ByteView, _ count: Int, _ mixed: UInt64) -> UnsafeMutablePointer<Name> {
        for step in 0..<Self.mostSteps {
            let name = names + ((home + step) & (1 << Int(Self.bits) - 1))
            if name.pointee.mixed == mixed { return name }
            guard name.pointee.mixed == 0 else { continue }
            name.pointee.fill(bytes, count, mixed)
            return name
        }
        names[home].fill(bytes, count, mixed)
        return names + home
    }
}
