/// The field lines of one head in the order they came, in memory that is reused from head to head.
///
/// Holds a fixed number of lines and never grows; nothing is allocated after `init`. For every known name the first line and
/// whether there is a second are found in constant time. Owned by one event loop; not thread-safe.
public final class FieldTable {
    /// Lines a table holds unless told otherwise: the parser's own limit of 100 and room for those a policy adds.
    public static let defaultCapacity = 128

    /// Lines the table can hold.
    public let capacity: Int
    /// Lines it holds.
    @inlinable public var count: Int { length }
    @usableFromInline var length = 0

    @usableFromInline let lines: UnsafeMutablePointer<FieldLine>
    /// Index of the first line of each known name; meaningful only where `present` has the name's bit, so it needs no reset.
    @usableFromInline let firstIndices: UnsafeMutablePointer<UInt16>
    @usableFromInline var present: UInt64 = 0
    @usableFromInline var repeated: UInt64 = 0

    /// An empty table for `capacity` lines, clamped to 1...65535.
    public init(capacity: Int = FieldTable.defaultCapacity) {
        self.capacity = min(max(1, capacity), Int(UInt16.max))
        lines = .allocate(capacity: self.capacity)
        firstIndices = .allocate(capacity: FieldName.count)
        firstIndices.initialize(repeating: 0, count: FieldName.count)
    }

    deinit {
        lines.deallocate()
        firstIndices.deallocate()
    }

    /// The line at `index`; traps outside `0..<count`.
    @inlinable
    public subscript(index: Int) -> FieldLine {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        return lines[index]
    }

    /// Forgets all lines and keeps the memory.
    @inlinable
    public func removeAll() {
        length = 0
        present = 0
        repeated = 0
    }

    /// Adds a line; false when the table is full, which changes nothing.
    @inlinable
    @inline(__always)
    public func append(_ line: FieldLine) -> Bool {
        guard count < capacity else { return false }
        lines[length] = line
        let bit = line.id.bit
        if present & bit == 0 {
            present |= bit
            firstIndices[Int(line.id.rawValue)] = UInt16(truncatingIfNeeded: count)
        } else {
            repeated |= bit
        }
        length &+= 1
        return true
    }

    /// Whether a line of this name is there, dropped or not.
    @inlinable
    public func contains(_ id: FieldName) -> Bool { present & id.bit != 0 }

    /// Whether two or more lines of this name are there.
    @inlinable
    public func isRepeated(_ id: FieldName) -> Bool { repeated & id.bit != 0 }

    /// Whether a line of any of these names is there: one test for many names.
    @inlinable
    public func containsAny(of set: FieldNameSet) -> Bool { present & set.bits != 0 }

    /// Index of the first line of this name, or nil.
    @inlinable
    public func firstIndex(_ id: FieldName) -> Int? {
        present & id.bit == 0 ? nil : Int(firstIndices[Int(id.rawValue)])
    }

    /// The first line of this name, dropped or not, or nil. For `other` the first line of any unknown name.
    @inlinable
    public func first(_ id: FieldName) -> FieldLine? {
        present & id.bit == 0 ? nil : lines[Int(firstIndices[Int(id.rawValue)])]
    }

    /// Index of the next line of this name after `index`, or nil.
    public func nextIndex(_ id: FieldName, after index: Int) -> Int? {
        var next = index &+ 1
        while next >= 0 && next < count {
            if lines[next].id == id { return next }
            next &+= 1
        }
        return nil
    }

    /// Marks the line at `index` as not to be sent on; traps outside `0..<count`.
    public func drop(at index: Int) {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        lines[index].isDropped = true
    }

    /// Marks every line of this name as not to be sent on.
    public func drop(_ id: FieldName) {
        guard var index = firstIndex(id) else { return }
        guard isRepeated(id) else {
            lines[index].isDropped = true
            return
        }
        while index < count {
            if lines[index].id == id { lines[index].isDropped = true }
            index &+= 1
        }
    }

    /// Marks every line whose name is in the set as not to be sent on.
    public func drop(_ set: FieldNameSet) {
        guard containsAny(of: set) else { return }
        var index = 0
        while index < count {
            if set.contains(lines[index].id) { lines[index].isDropped = true }
            index &+= 1
        }
    }
}
