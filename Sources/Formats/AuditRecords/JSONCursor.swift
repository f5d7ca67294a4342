import Bytes
import JSON

/// Writes the JSON of one record to memory that is large enough for any (`AuditJSON.maximumBytes`), and takes the record's texts one
/// after the other.
struct JSONCursor {
    private let start: UnsafeMutablePointer<UInt8>
    private let record: ByteView
    private var at = 0
    private var text = 0
    private var textOffset = AuditRecord.headBytes

    init(_ start: UnsafeMutablePointer<UInt8>, _ record: ByteView) { (self.start, self.record) = (start, record) }

    var count: Int { at }
    var place: UnsafeMutablePointer<UInt8> { start + at }

    mutating func advance(_ count: Int) { at &+= count }

    @inline(__always)
    mutating func put(_ literal: StaticString) {
        let count = literal.utf8CodeUnitCount
        UnsafeMutableRawPointer(start + at).copyMemory(from: literal.utf8Start, byteCount: count)
        at &+= count
    }

    mutating func put(_ bytes: ByteView) {
        UnsafeMutableRawPointer(start + at).copyMemory(from: bytes.base, byteCount: bytes.count)
        at &+= bytes.count
    }

    /// Sixteen digits.
    mutating func put(hex value: UInt64) {
        store(ASCII.hexDigits(UInt32(truncatingIfNeeded: value >> 32)), at: at)
        store(ASCII.hexDigits(UInt32(truncatingIfNeeded: value)), at: at &+ 8)
        at &+= 16
    }

    mutating func put(decimal value: UInt64) {
        var (divisor, rest): (UInt64, UInt64) = (1, value)
        while rest / divisor >= 10 { divisor &*= 10 }
        while divisor > 0 {
            start[at] = 48 &+ UInt8(truncatingIfNeeded: rest / divisor)
            at &+= 1
            rest %= divisor
            divisor /= 10
        }
    }

    /// Three digits.
    mutating func put(milliseconds value: Int) {
        start[at] = 48 &+ UInt8(truncatingIfNeeded: value / 100)
        start[at &+ 1] = 48 &+ UInt8(truncatingIfNeeded: value / 10 % 10)
        start[at &+ 2] = 48 &+ UInt8(truncatingIfNeeded: value % 10)
        at &+= 3
    }

    /// Writes the record's next text as a JSON string, or null when it is empty; where it stands, without quotes.
    mutating func putNext() -> ByteRange {
        let length = Int(record[72 &+ 2 &* text]) | Int(record[73 &+ 2 &* text]) << 8
        let bytes = record[textOffset, textOffset &+ length]
        text &+= 1
        textOffset &+= length
        guard length > 0 else {
            put("null")
            return ByteRange(at, at)
        }
        start[at] = UInt8(ascii: "\"")
        at &+= 1
        let begin = at
        if !putPlain(bytes) { putEscaped(bytes) }
        let end = at
        start[at] = UInt8(ascii: "\"")
        at &+= 1
        return ByteRange(begin, end)
    }

    /// Writes a text eight bytes at a time; false, with nothing written, when a byte of it must be escaped or is none of ASCII.
    private mutating func putPlain(_ bytes: ByteView) -> Bool {
        var index = 0
        while index &+ 8 <= bytes.count {
            let word = bytes.load8(at: index)
            if Self.isSpecial(word) { return false }
            store(word, at: at &+ index)
            index &+= 8
        }
        if index < bytes.count {
            if bytes.count >= 8 {
                // The last eight, some of them a second time.
                let last = bytes.count &- 8
                let word = bytes.load8(at: last)
                if Self.isSpecial(word) { return false }
                store(word, at: at &+ last)
            } else {
                while index < bytes.count {
                    let byte = bytes[index]
                    if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
                    start[at &+ index] = byte
                    index &+= 1
                }
            }
        }
        at &+= bytes.count
        return true
    }

    /// Whether any of eight bytes is a control character, a quote, a backslash or above 127. A byte after one that is may be named too,
    /// which makes no difference.
    private static func isSpecial(_ word: UInt64) -> Bool {
        let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        let quotes = word ^ (ones &* 0x22)
        let slashes = word ^ (ones &* 0x5c)
        return (word | (word &- ones &* 0x20) | (quotes &- ones) | (slashes &- ones)) & highs != 0
    }

    @inline(never)
    private mutating func putEscaped(_ bytes: ByteView) {
        let out = ByteWriter(capacity: 6 * bytes.count)
        out.append(jsonEscaped: bytes)
        put(out.view)
    }

    private func store(_ word: UInt64, at offset: Int) {
        UnsafeMutableRawPointer(start + offset).storeBytes(of: word.littleEndian, as: UInt64.self)
    }
}
