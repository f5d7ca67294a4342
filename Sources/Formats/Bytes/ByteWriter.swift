#if canImport(Glibc)
    public import Glibc
#elseif canImport(Musl)
    public import Musl
#endif

/// A growing byte buffer owned by one event loop (or one test), reused from request to request.
///
/// Appending allocates only while the buffer is larger than it has ever been: the steady state allocates nothing. Callers
/// bound what they append by a named limit. Not thread-safe.
public final class ByteWriter {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    /// Bytes written since the last `removeAll`.
    @inlinable public var count: Int { length }
    @usableFromInline var length: Int

    /// An empty writer that holds `capacity` bytes (at least 64) before it grows.
    public init(capacity: Int = 1024) {
        self.capacity = max(64, capacity)
        self.base = .allocate(capacity: self.capacity)
        self.length = 0
    }

    deinit { base.deallocate() }

    /// What was written; valid until the next change of the writer.
    @inlinable public var view: ByteView { ByteView(base, length) }

    /// Forgets everything written and keeps the memory.
    @inlinable public func removeAll() { length = 0 }

    /// Forgets everything after the first `count` bytes; more than was written changes nothing.
    @inlinable public func truncate(to count: Int) { if count >= 0 && count < length { length = count } }

    /// Forgets the first `count` bytes and moves the rest to the front.
    public func removeFirst(_ count: Int) {
        guard count > 0 else { return }
        let rest = length - min(count, length)
        if rest > 0 { memmove(base, base + (length - rest), rest) }
        length = rest
    }

    /// Makes room for `extra` more bytes.
    @inlinable
    public func reserve(_ extra: Int) {
        if length &+ extra > capacity { grow(extra) }
    }

    @usableFromInline
    @inline(never)
    func grow(_ extra: Int) {
        let larger = max(length + extra, capacity * 2)
        let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        memcpy(fresh, base, length)
        base.deallocate()
        base = fresh
        capacity = larger
    }

    @inlinable
    public func append(_ byte: UInt8) {
        reserve(1)
        base[length] = byte
        length &+= 1
    }

    @inlinable
    public func append(_ view: ByteView) {
        reserve(view.count)
        memcpy(base + length, view.base, view.count)
        length &+= view.count
    }

    @inlinable
    public func append(_ literal: StaticString) { append(ByteView(literal)) }

    /// Appends the UTF-8 bytes of `text`. Off the hot path only.
    public func append(utf8 text: String) { text.withByteView { append($0) } }

    /// Appends `value` in decimal.
    @inlinable
    public func append(decimal value: UInt64) {
        reserve(Self.decimalRoom &+ 16)
        if value < 10 {
            base[length] = 48 &+ UInt8(truncatingIfNeeded: value)
            length &+= 1
            return
        }
        // Two digits at a time from the end, behind the place where they go, and then over there.
        var rest = value
        var at = length &+ Self.decimalRoom
        while rest >= 10 {
            let tens = rest / 100
            let pair = UInt32(truncatingIfNeeded: rest &- tens &* 100)
            let high = (pair &* 103) >> 10
            at &-= 2
            UnsafeMutableRawPointer(base + at).storeBytes(
                of: UInt16(truncatingIfNeeded: 0x3030 &+ high | (pair &- high &* 10) << 8).littleEndian, as: UInt16.self)
            rest = tens
        }
        if rest > 0 {
            at &-= 1
            base[at] = 48 &+ UInt8(truncatingIfNeeded: rest)
        }
        let digits = length &+ Self.decimalRoom &- at
        let (source, target) = (UnsafeRawPointer(base + at), UnsafeMutableRawPointer(base + length))
        target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
        if digits > 8 {
            let second = source.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            let third = source.loadUnaligned(fromByteOffset: 12, as: UInt64.self)
            target.storeBytes(of: second, toByteOffset: 8, as: UInt64.self)
            target.storeBytes(of: third, toByteOffset: 12, as: UInt64.self)
        }
        length &+= digits
    }

    /// The digits of any number, once where they go and once behind.
    @usableFromInline static let decimalRoom = 40

    @inlinable
    public func append(decimal value: Int) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(decimal: UInt64(value.magnitude))
    }

    /// Appends sixteen lowercase hexadecimal digits.
    @inlinable
    public func append(hex value: UInt64) {
        reserve(16)
        let target = UnsafeMutableRawPointer(base + length)
        target.storeBytes(of: ASCII.hexDigits(UInt32(truncatingIfNeeded: value >> 32)).littleEndian, as: UInt64.self)
        target.storeBytes(
            of: ASCII.hexDigits(UInt32(truncatingIfNeeded: value)).littleEndian, toByteOffset: 8, as: UInt64.self)
        length &+= 16
    }

    /// Appends `value` in lowercase hexadecimal without leading zeros.
    @inlinable
    public func append(shortHex value: UInt64) {
        reserve(16)
        var shift = value == 0 ? 0 : (63 &- value.leadingZeroBitCount) & ~3
        while shift >= 0 {
            base[length] = ASCII.hexDigit(UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15)
            length &+= 1
            shift &-= 4
        }
    }

    @inlinable
    public func append(bigEndian value: UInt16) { appendRaw(value.bigEndian) }

    @inlinable
    public func append(bigEndian value: UInt32) { appendRaw(value.bigEndian) }

    @inlinable
    func appendRaw<Word: FixedWidthInteger>(_ word: Word) {
        reserve(MemoryLayout<Word>.size)
        UnsafeMutableRawPointer(base + length).storeBytes(of: word, as: Word.self)
        length &+= MemoryLayout<Word>.size
    }

    /// Appends `count` bytes of unspecified content to be filled by `set`, and answers their offset.
    @inlinable
    public func skip(_ count: Int) -> Int {
        reserve(count)
        let offset = length
        length &+= count
        return offset
    }

    /// Overwrites the byte at `offset`; traps when nothing was written there.
    @inlinable
    public func set(_ byte: UInt8, at offset: Int) {
        precondition(UInt(bitPattern: offset) < UInt(bitPattern: length))
        base[offset] = byte
    }

    /// Overwrites four bytes at `offset` in network order; traps when fewer were written there.
    @inlinable
    public func set(bigEndian value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset &+ 4 <= length)
        UnsafeMutableRawPointer(base + offset).storeBytes(of: value.bigEndian, as: UInt32.self)
    }

    /// Lets `body` write up to `room` bytes at the end; it answers how many it wrote.
    @inlinable
    public func append(room: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
        reserve(room)
        let written = body(base + length)
        precondition(written >= 0 && written <= room)
        length &+= written
    }
}

extension ByteWriter {
    /// Forgets everything written, and gives memory beyond `bytes` back: one large message must not be paid for ever after.
    public func removeAll(keepingAtMost bytes: Int) {
        length = 0
        guard capacity > max(64, bytes) else { return }
        base.deallocate()
        capacity = max(64, bytes)
        base = .allocate(capacity: capacity)
    }
}

extension ByteView {
    /// Calls `body` with the bytes as a raw buffer, for interfaces that ask for one.
    @inlinable
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(start: base, count: count))
    }
}
