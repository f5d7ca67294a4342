public import Bytes

extension JSONTape {
    /// Objects up to this size are checked by comparing hashes pairwise; larger ones through a table.
    static let pairwiseMembers = 32

    /// The value of the object's member called `name` (its unescaped bytes), or nil; answers nil for anything but an object.
    public func member(of object: Int, named name: ByteView) -> Int? {
        guard kind(object) == .object else { return nil }
        var key = object &+ 1
        let end = end(object)
        while key < end {
            if equals(key, name) { return key &+ 1 }
            key = self.end(key &+ 1)
        }
        return nil
    }

    /// The value of the object's member called `name`, or nil.
    public func member(of object: Int, named name: StaticString) -> Int? { member(of: object, named: ByteView(name)) }

    /// Whether the unescaped text of a string or name is exactly `text`.
    public func equals(_ index: Int, _ text: ByteView) -> Bool {
        let raw = raw(index)
        guard hasEscapes(index) else { return raw == text }
        var unescaped = JSONString.Bytes(raw)
        var at = 0
        while let byte = unescaped.next() {
            guard at < text.count, text[at] == byte else { return false }
            at &+= 1
        }
        return at == text.count
    }

    /// Whether the unescaped text of a string or name is exactly `text`.
    public func equals(_ index: Int, _ text: StaticString) -> Bool { equals(index, ByteView(text)) }

    /// Remembers that a name repeats an earlier one of its object, if it does. Few names share a bit with another; those are compared
    /// with all before them, until there are so many that a table is better.
    @inline(never)
    func compare(_ key: Int) {
        guard open.repeated == 0, open.parent.pointee.meta >> 8 <= Self.pairwiseMembers else { return }
        count = key &+ 1
        let hash = nodes[key].link
        var other = open.parent - nodes &+ 1
        while other < key {
            if nodes[other].link == hash, sameText(other, self, key) { return open.repeated = key }
            other = end(other &+ 1)
        }
    }

    /// Remembers the name that repeats another of a large object, if one does: found by hashes that a client cannot make collide.
    @inline(never)
    func compareNames(ofLarge object: Int, upTo end: Int) {
        guard open.repeated == 0 else { return }
        count = end
        let slots = tableSlots(for: childCount(object))
        prepareTable(of: slots)
        var key = object &+ 1
        while key < end {
            let hash = nameHash(key)
            nodes[key].link = hash
            if !insert(key, hash, slots: slots) { return open.repeated = key }
            key = self.end(key &+ 1)
        }
    }

    /// The word of an escaped name's text.
    @inline(never)
    func word(escaped raw: ByteView) -> UInt64 {
        unescaped.removeAll()
        appendUnescaped(raw, to: unescaped)
        return NameWord.load(unescaped.view)
    }

    private func tableSlots(for members: Int) -> Int { 1 << (Int.bitWidth - (members * 2 - 1).leadingZeroBitCount) }

    private func prepareTable(of slots: Int) {
        if slots > tableCapacity {
            table?.deallocate()
            table = .allocate(capacity: slots)
            tableCapacity = slots
        }
        table?.update(repeating: 0, count: slots)
    }

    /// Enters the name; false when its text is there already. Index 0 is never a name, so 0 marks a free slot.
    private func insert(_ key: Int, _ hash: UInt32, slots: Int) -> Bool {
        guard let table else { return true }
        var slot = Int(hash) & (slots &- 1)
        while table[slot] != 0 {
            let other = Int(table[slot])
            if nodes[other].link == hash, sameText(other, self, key) { return false }
            slot = (slot &+ 1) & (slots &- 1)
        }
        table[slot] = UInt32(truncatingIfNeeded: key)
        return true
    }

    /// A hash of the name's unescaped bytes; short names, nearly all of them, are one or two words.
    private func nameHash(_ key: Int) -> UInt32 {
        hasEscapes(key) ? escapedHash(key) : plainHash(raw(key))
    }

    @inline(__always)
    private func plainHash(_ raw: ByteView) -> UInt32 {
        if raw.count <= 16 {
            let last = raw.count >= 8 ? raw.load8(at: raw.count &- 8) : 0
            return mix(raw.count >= 8 ? raw.load8(at: 0) : NameWord.load(raw), last, raw.count)
        }
        let full = hash(raw)
        return UInt32(truncatingIfNeeded: full ^ full >> 32)
    }

    @inline(__always)
    private func mix(_ first: UInt64, _ last: UInt64, _ count: Int) -> UInt32 {
        let product = (first ^ secret).multipliedFullWidth(by: last ^ (secret &* 0x9e37_79b9_7f4a_7c15) ^ UInt64(count))
        let folded = product.high ^ product.low
        return UInt32(truncatingIfNeeded: folded ^ folded >> 32)
    }

    /// The hash `plainHash` would give the unescaped text.
    private func escapedHash(_ key: Int) -> UInt32 {
        unescaped.removeAll()
        appendUnescaped(key, to: unescaped)
        return plainHash(unescaped.view)
    }
}
