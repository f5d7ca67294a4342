import Bytes

/// The fixed Huffman code of RFC 7541 appendix B.
///
/// The code is canonical: the lengths alone give every code word. Codes of up to eight bits (nearly all of what header
/// fields hold) are found by one look at a table; longer ones by the first length whose largest word is not exceeded. Far from the
/// end, where no look can go beyond it, one look at twelve bits finds two symbols more often than not.
struct HuffmanDecoder: Sendable {
    static let shared = HuffmanDecoder()

    private static let endOfString = 256
    private static let longest = 30

    /// What the next `pairBits` bits begin with: first symbol, second symbol, length of all in bits, how many, from the low byte
    /// up; 0 for longer codes. A pointer, because this is read at every symbol: an array's bounds would be too.
    nonisolated(unsafe) private let pairs: UnsafePointer<UInt32>
    private static let pairBits = 12

    /// Symbol in the low byte and length in the high one, by the next eight bits; 0 for longer codes.
    private let short: [UInt16]
    /// Symbols by length, then value.
    private let symbols: [UInt16]
    /// By length: the first word beyond the words of that length, left-aligned in 32 bits.
    private let bound: [UInt64]
    /// By length: the first word, and its place in `symbols`.
    private let firstWord: [UInt32]
    private let firstPlace: [Int]

    private init() {
        let lengths = Self.lengths
        let ordered = (0...Self.endOfString).sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        var short = [UInt16](repeating: 0, count: 256)
        var bound = [UInt64](repeating: 0, count: Self.longest + 1)
        var firstWord = [UInt32](repeating: 0, count: Self.longest + 1)
        var firstPlace = [Int](repeating: 0, count: Self.longest + 1)
        var word: UInt32 = 0
        var place = 0
        for length in 1...Self.longest {
            word <<= 1
            firstWord[length] = word
            firstPlace[length] = place
            while place < ordered.count, Int(lengths[ordered[place]]) == length {
                if length <= 8 {
                    let start = Int(word) << (8 - length)
                    for slot in start..<(start + 1 << (8 - length)) where slot < 256 {
                        short[slot] = UInt16(ordered[place]) | UInt16(length) << 8
                    }
                }
                word += 1
                place += 1
            }
            bound[length] = UInt64(word) << UInt64(32 - length)
        }
        self.short = short
        self.symbols = ordered.map(UInt16.init)
        self.bound = bound
        self.firstWord = firstWord
        self.firstPlace = firstPlace
        pairs = Self.pairs(lengths, firstWord, firstPlace, ordered)
    }

    /// Never freed: there is one decoder.
    private static func pairs(
        _ lengths: [UInt8], _ firstWord: [UInt32], _ firstPlace: [Int], _ ordered: [Int]
    ) -> UnsafePointer<UInt32> {
        let table = UnsafeMutablePointer<UInt32>.allocate(capacity: 1 << pairBits)
        func first(_ bits: Int, of count: Int) -> (symbol: Int, length: Int)? {
            for length in stride(from: 5, through: count, by: 1) {
                let place = (bits >> (count - length)) - Int(firstWord[length]) + firstPlace[length]
                guard place >= firstPlace[length], place < ordered.count, Int(lengths[ordered[place]]) == length else { continue }
                return (ordered[place], length)
            }
            return nil
        }
        for bits in 0..<(1 << pairBits) {
            table[bits] = 0
            guard let one = first(bits, of: pairBits) else { continue }
            table[bits] = UInt32(one.symbol | one.length << 16 | 1 << 24)
            let rest = pairBits - one.length
            guard let two = first(bits & (1 << rest - 1), of: rest) else { continue }
            table[bits] = UInt32(one.symbol | two.symbol << 8 | (one.length + two.length) << 16 | 2 << 24)
        }
        return UnsafePointer(table)
    }

    /// Appends the decoded `bytes` to `output`; false when they are not a legal encoding (RFC 7541 section 5.2).
    func decode(_ bytes: ByteView, into output: ByteWriter) -> Bool {
        var isLegal = true
        // The shortest code has five bits, so eight bits give at most 1.6 symbols; a pair is written whole.
        output.append(room: bytes.count * 2 + 2) { room in
            var written = 0
            isLegal = decode(bytes, room, &written)
            return written
        }
        return isLegal
    }

    private func decode(_ bytes: ByteView, _ room: UnsafeMutablePointer<UInt8>, _ written: inout Int) -> Bool {
        var window: UInt64 = 0
        var available = 0
        var next = 0
        while next &+ 8 <= bytes.count {
            window |= bytes.load8(at: next).byteSwapped &>> UInt64(available)
            let taken = (63 &- available) &>> 3
            next &+= taken
            available &+= taken &* 8
            // At least 56 bits: four looks, or the longest code.
            var looks = 0
            while looks < 4 {
                let entry = pairs[Int(window &>> UInt64(64 &- Self.pairBits))]
                if entry == 0 { break }
                room[written] = UInt8(truncatingIfNeeded: entry)
                room[written &+ 1] = UInt8(truncatingIfNeeded: entry &>> 8)
                written &+= Int(entry &>> 24)
                let length = Int(entry &>> 16 & 0xff)
                window &<<= UInt64(length)
                available &-= length
                looks &+= 1
            }
            guard looks == 0 else { continue }
            let (symbol, length) = long(window)
            // Thirty ones are the end of the string, which must not be in it.
            if length > Self.longest || symbol == Self.endOfString { return false }
            room[written] = UInt8(truncatingIfNeeded: symbol)
            written &+= 1
            window &<<= UInt64(length)
            available &-= length
        }
        while true {
            while available <= 56 && next < bytes.count {
                window |= UInt64(bytes[next]) << UInt64(56 &- available)
                available &+= 8
                next &+= 1
            }
            if available == 0 { return true }
            let entry = short[Int(window >> 56)]
            var length = Int(entry >> 8)
            var symbol = Int(entry & 0xff)
            if length == 0 {
                (symbol, length) = long(window)
                // Beyond the last word lies nothing: thirty ones are the end-of-string symbol itself.
                if length > Self.longest { return Self.isPadding(window, available) }
            }
            if length > available { return Self.isPadding(window, available) }
            if symbol == Self.endOfString { return false }
            room[written] = UInt8(truncatingIfNeeded: symbol)
            written &+= 1
            window <<= UInt64(length)
            available &-= length
        }
    }

    /// The symbol of a code of more than eight bits, and its length; beyond `longest` when there is none.
    private func long(_ window: UInt64) -> (symbol: Int, length: Int) {
        let top = window >> 32
        var length = 9
        while length <= Self.longest && top >= bound[length] { length &+= 1 }
        guard length <= Self.longest else { return (0, length) }
        let word = UInt32(truncatingIfNeeded: top >> UInt64(32 &- length))
        return (Int(symbols[firstPlace[length] &+ Int(word &- firstWord[length])]), length)
    }

    /// The rest may only be the first bits of the end-of-string code, and less than a byte of them.
    private static func isPadding(_ window: UInt64, _ available: Int) -> Bool {
        available < 8 && window >> UInt64(64 - available) == (1 << UInt64(available)) - 1
    }

    /// Length in bits of the code of each symbol 0...256 (RFC 7541 appendix B).
    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28,
        28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23,
        23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22,
        22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27,
        27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27,
        27, 26,
        30,
    ]
}
