public import Bytes

/// A reusable list of header fields: decoded from a peer's block, or collected for one.
///
/// Names are lowercase, pseudo-fields (`:status`) come first. Owned by one event loop; the views it answers are valid until
/// its next change. The steady state allocates nothing.
public final class HeaderList {
    struct Line {
        var name: ByteRange
        var value: ByteRange
        var isSensitive: Bool
    }

    let storage: ByteWriter
    /// Memory of its own instead of an array: that would be checked for sharing and counted at every field.
    private var lines: UnsafeMutablePointer<Line>
    private var capacity = 16
    /// Number of fields.
    public private(set) var count = 0
    /// Size as RFC 9113 section 6.5.2 counts it.
    var countedSize = 0
    /// Whether fields were left out because the list would have been larger than its limit.
    var isTruncated = false

    /// An empty list with room for `capacity` bytes of names and values before it grows.
    public init(capacity: Int = 1024) {
        storage = ByteWriter(capacity: capacity)
        lines = .allocate(capacity: self.capacity)
    }

    deinit { lines.deallocate() }

    /// The field at `index`; traps outside `0..<count`.
    @inline(__always)
    func line(_ index: Int) -> Line {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        return lines[index]
    }

    /// Name of the field at `index`; traps outside `0..<count`.
    public func name(_ index: Int) -> ByteView { storage.view[line(index).name] }

    /// Value of the field at `index`; traps outside `0..<count`.
    public func value(_ index: Int) -> ByteView { storage.view[line(index).value] }

    /// Whether the field at `index` must never enter a compression table (RFC 7541 section 7.1.3).
    public func isSensitive(_ index: Int) -> Bool { line(index).isSensitive }

    /// Value of the first field called `name` (written in lowercase), or nil.
    public func first(_ name: StaticString) -> ByteView? {
        let wanted = ByteView(name)
        let bytes = storage.view
        for index in 0..<count where lines[index].name.count == wanted.count && bytes[lines[index].name] == wanted {
            return bytes[lines[index].value]
        }
        return nil
    }

    /// Appends a field; `name` must be lowercase. `sensitive` keeps it out of every compression table.
    public func append(name: ByteView, value: ByteView, sensitive: Bool = false) {
        let start = storage.count
        storage.append(name)
        storage.append(value)
        commit(nameStart: start, valueStart: start + name.count, sensitive: sensitive)
    }

    /// Appends a field with a fixed name in lowercase.
    public func append(name: StaticString, value: ByteView, sensitive: Bool = false) {
        append(name: ByteView(name), value: value, sensitive: sensitive)
    }

    /// Appends a field with a fixed name in lowercase and a number for its value.
    public func append(name: StaticString, decimal value: Int) {
        let start = storage.count
        storage.append(name)
        let middle = storage.count
        storage.append(decimal: value)
        commit(nameStart: start, valueStart: middle, sensitive: false)
    }

    /// Appends a field whose name is in any case, in lowercase (RFC 9113 section 8.2).
    public func append(lowercasing name: ByteView, value: ByteView, sensitive: Bool = false) {
        let start = storage.count
        storage.append(room: name.count) { room in
            for index in 0..<name.count { room[index] = ASCII.lowercased(name[index]) }
            return name.count
        }
        storage.append(value)
        commit(nameStart: start, valueStart: start + name.count, sensitive: sensitive)
    }

    /// Forgets every field and keeps the memory.
    public func removeAll() {
        storage.removeAll()
        count = 0
        countedSize = 0
        isTruncated = false
    }

    /// Becomes a copy of `other`.
    public func copy(_ other: HeaderList) {
        removeAll()
        storage.append(other.storage.view)
        for index in 0..<other.count { append(other.lines[index]) }
        countedSize = other.countedSize
    }

    /// Makes a field of what was appended to `storage` since `nameStart`.
    @inline(__always)
    func commit(nameStart: Int, valueStart: Int, sensitive: Bool) {
        let end = storage.count
        append(Line(name: ByteRange(nameStart, valueStart), value: ByteRange(valueStart, end), isSensitive: sensitive))
        countedSize &+= end &- nameStart &+ HPACKDynamicTable.entryOverhead
    }

    /// Takes the newest field, whose bytes begin at `start`, back.
    func removeLast(storageStart start: Int) {
        guard count > 0 else { return }
        count &-= 1
        storage.truncate(to: start)
    }

    @inline(__always)
    private func append(_ line: Line) {
        if count == capacity { grow() }
        lines[count] = line
        count &+= 1
    }

    @inline(never)
    private func grow() {
        let larger = UnsafeMutablePointer<Line>.allocate(capacity: capacity * 2)
        larger.update(from: lines, count: count)
        lines.deallocate()
        lines = larger
        capacity *= 2
    }
}
