import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The first-in first-out table of recently sent fields (RFC 7541 section 2.3.2), in memory allocated once.
///
/// Names and values lie back to back in one buffer of twice the limit, so that an insertion copies once and the live
/// bytes are moved to the front only every `limit` bytes.
final class HPACKDynamicTable {
    /// What every entry counts beside its bytes (RFC 7541 section 4.1).
    static let entryOverhead = 32

    struct Entry {
        var offset: Int
        var nameCount: Int
        var valueCount: Int

        var size: Int { nameCount + valueCount + HPACKDynamicTable.entryOverhead }
    }

    /// The largest size this table may ever be set to, in bytes as RFC 7541 section 4.1 counts.
    let limit: Int
    private(set) var maximumSize: Int
    private(set) var size = 0
    private(set) var count = 0
    /// Insertions since the beginning; the newest entry is insertion `insertions - 1`.
    private(set) var insertions = 0

    private let bytes: UnsafeMutablePointer<UInt8>
    private let byteCapacity: Int
    private var end = 0
    private let ring: UnsafeMutablePointer<Entry>
    private let ringMask: Int

    /// An empty table of at most `limit` bytes.
    init(limit: Int) {
        self.limit = limit
        maximumSize = limit
        byteCapacity = max(64, limit * 2)
        bytes = .allocate(capacity: byteCapacity)
        var entries = 4
        while entries <= limit / Self.entryOverhead { entries *= 2 }
        ringMask = entries - 1
        ring = .allocate(capacity: entries)
        ring.initialize(repeating: Entry(offset: 0, nameCount: 0, valueCount: 0), count: entries)
    }

    deinit {
        bytes.deallocate()
        ring.deallocate()
    }

    /// The entry `age` insertions before the newest (0 is the newest), or nil when there is none.
    @inline(__always)
    func entry(age: Int) -> Entry? {
        guard age >= 0 && age < count else { return nil }
        return ring[(insertions &- 1 &- age) & ringMask]
    }

    /// The name of an entry of this table; valid until the next insertion.
    @inline(__always)
    func name(_ entry: Entry) -> ByteView { ByteView(bytes + entry.offset, entry.nameCount) }

    /// The value of an entry of this table; valid until the next insertion.
    @inline(__always)
    func value(_ entry: Entry) -> ByteView { ByteView(bytes + entry.offset + entry.nameCount, entry.valueCount) }

    /// Name and value back to back.
    @inline(__always)
    func field(_ entry: Entry) -> ByteView { ByteView(bytes + entry.offset, entry.nameCount &+ entry.valueCount) }

    /// Whether a field would fit without evicting another.
    func hasRoom(_ name: ByteView, _ value: ByteView) -> Bool {
        size + name.count + value.count + Self.entryOverhead <= maximumSize
    }

    /// Inserts a field, evicting the oldest ones; a field larger than the table empties it (RFC 7541 section 4.4).
    ///
    /// Neither view may point into this table.
    func insert(_ name: ByteView, _ value: ByteView) {
        let needed = name.count + value.count + Self.entryOverhead
        evict(to: maximumSize - needed)
        guard needed <= maximumSize else { return }
        if end + name.count + value.count > byteCapacity { compact() }
        memcpy(bytes + end, name.base, name.count)
        memcpy(bytes + end + name.count, value.base, value.count)
        ring[insertions & ringMask] = Entry(offset: end, nameCount: name.count, valueCount: value.count)
        end += name.count + value.count
        insertions &+= 1
        count += 1
        size += needed
    }

    /// Changes the size, evicting what no longer fits; `size` is at most `limit`.
    func setMaximumSize(_ size: Int) {
        maximumSize = min(size, limit)
        evict(to: maximumSize)
    }

    private func evict(to size: Int) {
        while count > 0 && self.size > size {
            self.size -= ring[(insertions &- count) & ringMask].size
            count -= 1
        }
        if count == 0 { end = 0 }
    }

    private func compact() {
        guard count > 0 else { return }
        let start = ring[(insertions &- count) & ringMask].offset
        memmove(bytes, bytes + start, end - start)
        for age in 0..<count { ring[(insertions &- 1 &- age) & ringMask].offset -= start }
        end -= start
    }
}
