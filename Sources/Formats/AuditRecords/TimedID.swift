public import Bytes

/// A UUID of version 7 (RFC 9562 section 5.7): it begins with the time, so that ids sort as they were made.
public struct TimedID: Hashable, Sendable, Comparable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// Milliseconds since 1970.
    public var milliseconds: Int64 { Int64(high >> 16) }

    public static func < (left: TimedID, right: TimedID) -> Bool { (left.high, left.low) < (right.high, right.low) }

    /// Appends the canonical text, 36 characters in lowercase.
    public func append(to out: ByteWriter) { out.append(room: 36) { write(to: $0) } }

    /// Writes the canonical text to memory of 36 bytes; answers how many.
    func write(to text: UnsafeMutablePointer<UInt8>) -> Int {
        // Eight digits at a time, in ascending order: what a group of four leaves behind is overwritten by what follows.
        let bytes = UnsafeMutableRawPointer(text)
        func put(_ digits: UInt64, at offset: Int) {
            bytes.storeBytes(of: digits.littleEndian, toByteOffset: offset, as: UInt64.self)
        }
        put(ASCII.hexDigits(UInt32(truncatingIfNeeded: high >> 32)), at: 0)
        put(ASCII.hexDigits(UInt32(truncatingIfNeeded: high)), at: 9)
        put(ASCII.hexDigits(UInt32(truncatingIfNeeded: high)) >> 32, at: 14)
        put(ASCII.hexDigits(UInt32(truncatingIfNeeded: low >> 32)), at: 19)
        put(ASCII.hexDigits(UInt32(truncatingIfNeeded: low >> 32)) >> 32, at: 24)
        put(ASCII.hexDigits(UInt32(truncatingIfNeeded: low)), at: 28)
        for dash in 0..<4 { text[8 &+ 5 &* dash] = UInt8(ascii: "-") }
        return 36
    }
}

/// Makes ids that rise, for one event loop: within a millisecond the twelve bits after the time count on from a random start
/// (RFC 9562 section 6.2, method 1).
public struct TimedIDSource {
    private var milliseconds: UInt64 = 0
    private var count: UInt64 = 0

    public init() {}

    /// The next id. A clock that goes back, or more ids in a millisecond than the count has room for, leave the time where it
    /// was or a little ahead.
    public mutating func next(at now: Int64, random: inout some RandomNumberGenerator) -> TimedID {
        let time = UInt64(clamping: now)
        let word = random.next()
        if time > milliseconds {
            milliseconds = time
            // The upper bit is left free, so that there is room for at least two thousand.
            count = word >> 53
        } else {
            count &+= 1
            if count > 0xfff {
                count = 0
                milliseconds &+= 1
            }
        }
        return TimedID(
            high: milliseconds << 16 | 0x7000 | count, low: random.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }
}
