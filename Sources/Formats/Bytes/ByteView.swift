#if canImport(Glibc)
    public import Glibc
#elseif canImport(Musl)
    public import Musl
#endif

/// A bounds-checked, non-owning view of contiguous bytes.
///
/// Valid only for the call it was handed to: nobody stores a `ByteView` beyond the borrow of the memory behind it.
/// The standard library's `Span` says the same to the compiler, but cannot be formed from memory that a class owns, which
/// is where every connection keeps its buffers (see `docs/decisions/0003-byte-view.md`).
public struct ByteView {
    /// First byte. Only code in `Formats/` reads through it directly; everybody else uses the checked subscript.
    public let base: UnsafePointer<UInt8>
    /// Number of bytes.
    public let count: Int

    @inlinable
    public init(_ base: UnsafePointer<UInt8>, _ count: Int) {
        self.base = base
        self.count = count
    }

    /// The bytes of `buffer`; an empty view when it has no memory.
    @inlinable
    public init(_ buffer: UnsafeRawBufferPointer) {
        if let start = buffer.baseAddress {
            self.base = start.assumingMemoryBound(to: UInt8.self)
            self.count = buffer.count
        } else {
            self = .empty
        }
    }

    /// The bytes of a literal.
    @inlinable
    public init(_ literal: StaticString) {
        self.base = literal.utf8Start
        self.count = literal.utf8CodeUnitCount
    }

    /// A view of no bytes.
    @inlinable public static var empty: ByteView { ByteView("") }

    @inlinable public var isEmpty: Bool { count == 0 }

    /// The byte at `index`; traps outside `0..<count`.
    @inlinable
    public subscript(index: Int) -> UInt8 {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        return base[index]
    }

    /// The bytes in `range`; traps when it does not lie inside this view.
    @inlinable
    public subscript(range: ByteRange) -> ByteView {
        precondition(range.lower <= range.upper && range.end <= count)
        return ByteView(base + range.start, range.count)
    }

    /// The bytes from `lower` to `upper`; traps when they do not lie inside this view.
    @inlinable
    public subscript(lower: Int, upper: Int) -> ByteView {
        precondition(lower >= 0 && lower <= upper && upper <= count)
        return ByteView(base + lower, upper &- lower)
    }

    /// Eight bytes from `offset` in memory order as a little-endian word; traps unless all eight lie inside this view.
    @inlinable
    public func load8(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset &+ 8 <= count)
        return UInt64(littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self))
    }

    /// Whether both views hold the same bytes.
    @inlinable
    public static func == (lhs: ByteView, rhs: ByteView) -> Bool {
        lhs.count == rhs.count && memcmp(lhs.base, rhs.base, lhs.count) == 0
    }

    /// Whether this view holds exactly the literal's bytes.
    @inlinable
    public static func == (lhs: ByteView, rhs: StaticString) -> Bool { lhs == ByteView(rhs) }

    /// Whether both views are equal when ASCII letters are compared without case.
    @inlinable
    public func equalsIgnoringCase(_ other: ByteView) -> Bool {
        guard count == other.count else { return false }
        // Nearly everybody writes names as the standards do.
        if memcmp(base, other.base, count) == 0 { return true }
        var index = 0
        while index < count {
            if ASCII.lowercased(base[index]) != ASCII.lowercased(other.base[index]) { return false }
            index &+= 1
        }
        return true
    }

    /// Whether the bytes equal the literal when ASCII letters are compared without case.
    @inlinable
    public func equalsIgnoringCase(_ literal: StaticString) -> Bool { equalsIgnoringCase(ByteView(literal)) }

    /// Offset of the first `byte` at or after `offset`, or nil.
    @inlinable
    public func firstIndex(of byte: UInt8, from offset: Int = 0) -> Int? {
        guard offset >= 0, offset < count, let hit = memchr(base + offset, Int32(byte), count &- offset) else { return nil }
        return UnsafePointer(hit.assumingMemoryBound(to: UInt8.self)) - base
    }

    /// The view without spaces and tabs at its ends (the optional whitespace of RFC 9110 section 5.6.3).
    public var trimmingBlanks: ByteView {
        var start = 0
        var end = count
        while start < end, base[start] == 0x20 || base[start] == 0x09 { start &+= 1 }
        while end > start, base[end &- 1] == 0x20 || base[end &- 1] == 0x09 { end &-= 1 }
        return self[start, end]
    }

    /// Whether the first bytes are the literal's.
    @inlinable
    public func hasPrefix(_ literal: StaticString) -> Bool {
        count >= literal.utf8CodeUnitCount && memcmp(base, literal.utf8Start, literal.utf8CodeUnitCount) == 0
    }
}

extension String {
    /// The bytes as text; malformed UTF-8 becomes U+FFFD. Off the hot path only.
    public init(_ view: ByteView) {
        self.init(decoding: UnsafeBufferPointer(start: view.base, count: view.count), as: UTF8.self)
    }
}

extension Array where Element == UInt8 {
    /// A copy of the bytes. Off the hot path only.
    public init(_ view: ByteView) {
        self.init(UnsafeBufferPointer(start: view.base, count: view.count))
    }

    /// Calls `body` with a view of the array's bytes.
    @inlinable
    public func withByteView<Result, Failure: Error>(_ body: (ByteView) throws(Failure) -> Result) throws(Failure) -> Result {
        try withUnsafeBufferPointerTyped(self, body)
    }
}

extension String {
    /// Calls `body` with a view of the string's UTF-8 bytes.
    @inlinable
    public func withByteView<Result, Failure: Error>(_ body: (ByteView) throws(Failure) -> Result) throws(Failure) -> Result {
        try Array(utf8).withByteView(body)
    }
}

@inlinable
func withUnsafeBufferPointerTyped<Result, Failure: Error>(
    _ bytes: [UInt8], _ body: (ByteView) throws(Failure) -> Result
) throws(Failure) -> Result {
    let outcome = bytes.withUnsafeBytes { raw -> Swift.Result<Result, Failure> in
        do throws(Failure) { return .success(try body(ByteView(raw))) } catch { return .failure(error) }
    }
    return try outcome.get()
}
