public import Bytes

extension JSONTape {
    /// Objects with more members are compared by their hashes, because finding each member in turn would take quadratic time.
    static let comparedMembers = 64

    /// Whether two values are equal as JSON Schema defines it: numbers by value, objects without order, text unescaped.
    ///
    /// A name counts as a string. Recursion is bounded by the depth limit of the texts. Only reads `other`, so that one tape of
    /// constants may serve many threads.
    public func isEqual(_ index: Int, to other: JSONTape, _ otherIndex: Int) -> Bool {
        let kind = kind(index)
        let otherKind = other.kind(otherIndex)
        switch (kind, otherKind) {
        case (.string, .string), (.key, .string), (.string, .key), (.key, .key): return sameText(index, other, otherIndex)
        case (.number, .number): return JSONNumber.equal(raw(index), other.raw(otherIndex))
        case (.array, .array):
            guard childCount(index) == other.childCount(otherIndex) else { return false }
            var (mine, yours) = (index &+ 1, otherIndex &+ 1)
            while mine < end(index) {
                if !isEqual(mine, to: other, yours) { return false }
                (mine, yours) = (end(mine), other.end(yours))
            }
            return true
        case (.object, .object): return isEqualObject(index, to: other, otherIndex)
        default: return kind == otherKind
        }
    }

    private func isEqualObject(_ index: Int, to other: JSONTape, _ otherIndex: Int) -> Bool {
        guard childCount(index) == other.childCount(otherIndex) else { return false }
        if childCount(index) > Self.comparedMembers {
            return hash(of: index, with: hash, unescaped) == other.hash(of: otherIndex, with: hash, unescaped)
        }
        var key = index &+ 1
        while key < end(index) {
            var yours = otherIndex &+ 1
            while yours < other.end(otherIndex), !sameText(key, other, yours) { yours = other.end(yours &+ 1) }
            guard yours < other.end(otherIndex), isEqual(key &+ 1, to: other, yours &+ 1) else { return false }
            key = end(key &+ 1)
        }
        return true
    }

    /// Whether two strings or names have the same unescaped text.
    func sameText(_ index: Int, _ other: JSONTape, _ otherIndex: Int) -> Bool {
        if !other.hasEscapes(otherIndex) { return equals(index, other.raw(otherIndex)) }
        if !hasEscapes(index) { return other.equals(otherIndex, raw(index)) }
        var mine = JSONString.Bytes(raw(index))
        var yours = JSONString.Bytes(other.raw(otherIndex))
        while let byte = mine.next() {
            if yours.next() != byte { return false }
        }
        return yours.next() == nil
    }

    /// A hash that is the same for equal values, keyed so that different ones cannot be made to collide.
    public func hash(of index: Int, with keyed: KeyedHash) -> UInt64 { hash(of: index, with: keyed, unescaped) }

    private func hash(of index: Int, with keyed: KeyedHash, _ room: ByteWriter) -> UInt64 {
        switch kind(index) {
        case .null: return 1
        case .true: return 2
        case .false: return 3
        case .number: return numberHash(raw(index), keyed)
        case .string, .key:
            guard hasEscapes(index) else { return keyed(raw(index)) }
            room.removeAll()
            appendUnescaped(index, to: room)
            return keyed(room.view)
        case .array:
            var state: UInt64 = 4
            var child = index &+ 1
            while child < end(index) {
                state = Self.mix(state, hash(of: child, with: keyed, room), keyed)
                child = end(child)
            }
            return state
        case .object:
            var sum: UInt64 = 5
            var key = index &+ 1
            while key < end(index) {
                // Addition forgets the order.
                sum &+= Self.mix(hash(of: key, with: keyed, room), hash(of: key &+ 1, with: keyed, room), keyed)
                key = end(key &+ 1)
            }
            return sum
        }
    }

    private func numberHash(_ token: ByteView, _ keyed: KeyedHash) -> UInt64 {
        let decimal = JSONDecimal(token)
        // Numbers of very many digits share what the exponent tells; equality decides among them.
        let digits = decimal.isExact ? decimal.digits : 0
        return Self.mix(digits, UInt64(bitPattern: Int64(decimal.exponent)) ^ (decimal.isNegative ? 1 << 62 : 0), keyed)
    }

    private static func mix(_ left: UInt64, _ right: UInt64, _ keyed: KeyedHash) -> UInt64 {
        withUnsafeBytes(of: (left, right)) { keyed(ByteView($0)) }
    }
}
