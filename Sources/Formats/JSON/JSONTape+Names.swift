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

    /// The index of the first name that repeats another of its object, or nil.
    func firstDuplicateName() -> Int? {
        let nodes = nodes
        let count = count
        var index = 0
        while index < count {
            let meta = nodes[index].meta
            let members = Int(meta >> 8)
            if meta & 7 == UInt32(JSONKind.object.rawValue), members > 1 {
                let second =
                    members > Self.pairwiseMembers ? duplicate(inLarge: index, members) : duplicate(inSmall: index, nodes)
                if second > 0 { return second }
            }
            index &+= 1
        }
        return nil
    }

    /// The name that repeats another of a small object, or 0. Few names share a bit; those are compared with all before them.
    @inline(__always)
    private func duplicate(inSmall object: Int, _ nodes: UnsafeMutablePointer<Node>) -> Int {
        let end = Int(nodes[object].link)
        let text = bytes.base
        var seen: UInt64 = 0
        var key = object &+ 1
        while key < end {
            let node = nodes[key]
            let mixed: UInt64
            if node.meta & JSONTape.escapeFlag == 0 {
                let start = Int(node.lower)
                mixed = Self.word(text + start, Int(node.upper) &- start) &* secret
            } else {
                mixed = escapedWord(key) &* secret
            }
            nodes[key].link = UInt32(truncatingIfNeeded: mixed >> 32)
            let bit = UInt64(1) << (mixed >> 58)
            if seen & bit != 0, repeats(key, nodes[key].link, from: object &+ 1) { return key }
            seen |= bit
            key = Int(nodes[key &+ 1].link)
        }
        return 0
    }

    /// The name that repeats another of a large object, or 0: found by hashes that a client cannot make collide.
    @inline(never)
    private func duplicate(inLarge object: Int, _ members: Int) -> Int {
        let end = Int(nodes[object].link)
        prepareTable(for: members)
        var key = object &+ 1
        while key < end {
            let hash = nameHash(key)
            nodes[key].link = hash
            if !insert(key, hash, slots: tableSlots(for: members)) { return key }
            key = Int(nodes[key &+ 1].link)
        }
        return 0
    }

    /// A word that is the same for equal names, and differs for nearly all others.
    @inline(__always)
    private static func word(_ name: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
        if count < 8 { return short(ByteView(name, count)) ^ UInt64(truncatingIfNeeded: count) << 61 }
        let bytes = UnsafeRawPointer(name)
        let last = (bytes + (count &- 8)).loadUnaligned(as: UInt64.self)
        return bytes.loadUnaligned(as: UInt64.self) ^ (last << 23 | last >> 41) ^ UInt64(truncatingIfNeeded: count)
    }

    @inline(never)
    private func escapedWord(_ key: Int) -> UInt64 {
        unescaped.removeAll()
        appendUnescaped(key, to: unescaped)
        return Self.word(unescaped.view.base, unescaped.view.count)
    }

    private func repeats(_ key: Int, _ hash: UInt32, from first: Int) -> Bool {
        var other = first
        while other < key {
            if nodes[other].link == hash, sameText(other, self, key) { return true }
            other = Int(nodes[other &+ 1].link)
        }
        return false
    }

    private func tableSlots(for members: Int) -> Int { 1 << (Int.bitWidth - (members * 2 - 1).leadingZeroBitCount) }

    private func prepareTable(for members: Int) {
        let slots = tableSlots(for: members)
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
            let first: UInt64
            var last: UInt64 = 0
            if raw.count >= 8 {
                first = raw.load8(at: 0)
                last = raw.load8(at: raw.count &- 8)
            } else {
                first = JSONTape.short(raw)
            }
            return mix(first, last, raw.count)
        }
        let full = hash(raw)
        return UInt32(truncatingIfNeeded: full ^ full >> 32)
    }

    /// Up to seven bytes as one word.
    @inline(__always)
    private static func short(_ raw: ByteView) -> UInt64 {
        if raw.count >= 4 {
            let base = UnsafeRawPointer(raw.base)
            let head = UInt64(base.loadUnaligned(as: UInt32.self))
            return head | UInt64((base + (raw.count &- 4)).loadUnaligned(as: UInt32.self)) << 32
        }
        if raw.count == 0 { return 0 }
        return UInt64(raw.base[0]) | UInt64(raw.base[raw.count >> 1]) << 8 | UInt64(raw.base[raw.count &- 1]) << 16
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
