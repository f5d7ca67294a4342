import Bytes

/// Names that documents give, each below an owner: the members of a shape, the parameters of a location.
///
/// One table for all of a document's operations. Its contents are the document's, so that clients cannot make it slow.
struct NameIndex: Sendable {
    struct Entry: Sendable {
        let hash: UInt32
        let owner: Int32
        let name: ByteRange
        let value: Int32
    }

    private let entries: Rows<Entry>
    /// One more than the index of an entry, 0 for a free slot; a power of two, at most half full.
    private let slots: Rows<Int32>

    init(_ builder: NameIndexBuilder) {
        var size = 2
        while size < builder.entries.count * 2 { size *= 2 }
        var slots = [Int32](repeating: 0, count: size)
        for (index, entry) in builder.entries.enumerated() {
            var slot = Self.place(entry.hash, entry.owner) & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(index + 1)
        }
        entries = Rows(builder.entries)
        self.slots = Rows(slots)
    }

    func deallocate() {
        entries.deallocate()
        slots.deallocate()
    }

    /// FNV-1a.
    static func hash(_ name: ByteView) -> UInt32 {
        var hash: UInt32 = 0x811c_9dc5
        var at = 0
        while at < name.count {
            hash = (hash ^ UInt32(name[at])) &* 0x0100_0193
            at &+= 1
        }
        return hash
    }

    /// What an owner's name stands for, or nil.
    func find(_ name: ByteView, _ hash: UInt32, of owner: Int32, in text: ByteView) -> Int32? {
        let mask = slots.count &- 1
        var slot = Self.place(hash, owner) & mask
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) &- 1]
            if entry.hash == hash, entry.owner == owner, text[entry.name] == name { return entry.value }
            slot = (slot &+ 1) & mask
        }
        return nil
    }

    private static func place(_ hash: UInt32, _ owner: Int32) -> Int {
        Int((hash ^ UInt32(bitPattern: owner) &* 0x9e37_79b1) & 0x7fff_ffff)
    }
}

/// The names while they are gathered.
struct NameIndexBuilder {
    private(set) var entries: [NameIndex.Entry] = []
    private var known: Set<Key> = []

    private struct Key: Hashable {
        let owner: Int32
        let name: String
    }

    func contains(_ name: String, of owner: Int32) -> Bool { known.contains(Key(owner: owner, name: name)) }

    /// Adds a name unless its owner has it; `range` is where it is in the table's text.
    mutating func add(_ name: String, _ range: ByteRange, of owner: Int32, _ value: Int32) {
        guard known.insert(Key(owner: owner, name: name)).inserted else { return }
        let hash = name.withByteView { NameIndex.hash($0) }
        entries.append(NameIndex.Entry(hash: hash, owner: owner, name: range, value: value))
    }
}
