public import Bytes

/// The identifier of one request, the client's own or a new UUID, held inline.
public struct RequestID: Sendable {
    /// Longest client identifier that is kept; a longer one is replaced.
    public static let mostBytes = 128

    private var storage: InlineArray<128, UInt8>
    private var length: UInt8

    /// Keeps the client's `X-Request-ID` when it has 1 to 128 characters of `A-Z a-z 0-9 - . _ ~ : / + = @`, else makes a new one.
    ///
    /// `value` is the only field line of that name, nil when there is none or more than one. The set holds no character that
    /// means something in a header field, a log line or HTML.
    public init(client value: ByteView?, random: inout some RandomNumberGenerator) {
        if let value, Self.isSafe(value) {
            self.init(kept: value)
        } else {
            self.init(random: &random)
        }
    }

    private init(kept value: ByteView) {
        storage = InlineArray(repeating: 0)
        for index in 0..<value.count { storage[index] = value[index] }
        length = UInt8(truncatingIfNeeded: value.count)
    }

    /// A new random UUID (RFC 9562 version 4) in its canonical text.
    public init(random: inout some RandomNumberGenerator) {
        storage = InlineArray(repeating: 0)
        length = 36
        let high = random.next() & 0xffff_ffff_ffff_0fff | 0x4000
        let low = random.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        // 8-4-4-4-12 digits. Eight are written at a time, in ascending order: what a group of four leaves behind is overwritten by
        // the next group or by the dashes.
        put(ASCII.hexDigits(UInt32(truncatingIfNeeded: high >> 32)), at: 0)
        put(ASCII.hexDigits(UInt32(truncatingIfNeeded: high)), at: 9)
        put(ASCII.hexDigits(UInt32(truncatingIfNeeded: high)) >> 32, at: 14)
        put(ASCII.hexDigits(UInt32(truncatingIfNeeded: low >> 32)), at: 19)
        put(ASCII.hexDigits(UInt32(truncatingIfNeeded: low >> 32)) >> 32, at: 24)
        put(ASCII.hexDigits(UInt32(truncatingIfNeeded: low)), at: 28)
        storage[8] = UInt8(ascii: "-")
        storage[13] = UInt8(ascii: "-")
        storage[18] = UInt8(ascii: "-")
        storage[23] = UInt8(ascii: "-")
    }

    private mutating func put(_ digits: UInt64, at offset: Int) {
        withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: digits.littleEndian, toByteOffset: offset, as: UInt64.self) }
    }

    /// Calls `body` with the identifier's text.
    public func withView<Answer>(_ body: (ByteView) -> Answer) -> Answer {
        let count = Int(length)
        return withUnsafeBytes(of: storage) { body(ByteView(UnsafeRawBufferPointer(rebasing: $0[0..<count]))) }
    }

    /// Appends the identifier's text.
    public func append(to writer: ByteWriter) { withView { writer.append($0) } }

    private static func isSafe(_ value: ByteView) -> Bool {
        guard !value.isEmpty, value.count <= mostBytes else { return false }
        var index = 0
        while index < value.count {
            let byte = value[index]
            guard ASCII.isLetter(byte) || ASCII.isDigit(byte) || ByteView("-._~:/+=@").firstIndex(of: byte) != nil else {
                return false
            }
            index &+= 1
        }
        return true
    }
}
