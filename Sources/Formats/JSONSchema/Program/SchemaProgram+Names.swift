import Bytes
import JSON

extension SchemaProgram {
    /// The entry of a string or name in a table of names, or -1.
    @inline(__always)
    func find(_ table: NameTable, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Int32 {
        find(table, plain(tape, index, scratch))
    }

    /// The entry of a member's name in the names of an object, or nil.
    @inline(never)
    func find(_ rule: UnsafePointer<ObjectRule>, _ tape: JSONTape, _ key: Int, _ scratch: SchemaScratch) -> UnsafePointer<
        Property
    >? {
        let found = find(rule.pointee.names, tape, key, scratch)
        return found < 0 ? nil : properties.place(found)
    }

    /// Whether a name, which lies in `text`, is that of a property.
    @inline(always)
    func isName(_ property: UnsafePointer<Property>, _ name: JSONTape.Node, _ text: ByteView) -> Bool {
        let start = Int(name.lower)
        let count = Int(property.pointee.length)
        guard name.byteCount == count, !name.hasEscapes else { return false }
        // What stands behind a short name in its text is read with it, where there is as much.
        guard start &+ max(8, count) <= text.count else {
            return count < 8 && property.pointee.word == NameWord.load(text[start, start &+ count])
        }
        let first = JSONWord.load(text.base + start)
        if count < 8 { return property.pointee.word == first & property.pointee.head }
        let last = JSONWord.load(text.base + (start &+ count &- 8))
        return property.pointee.head == first && property.pointee.word == NameWord.mix(first, last)
            && (count <= 16 || bytes.view(property.pointee.name) == text[start, start &+ count])
    }

    /// The unescaped text of a string or name; valid until the scratch memory holds another.
    @inline(__always)
    func plain(_ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> ByteView {
        tape.hasEscapes(index) ? unescaped(tape, index, scratch) : tape.raw(index)
    }

    @inline(never)
    private func unescaped(_ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> ByteView {
        scratch.text.removeAll()
        tape.appendUnescaped(index, to: scratch.text)
        return scratch.text.view
    }

    /// Whether a name of eight bytes or more, and as many as it should have, is that of a property.
    @inline(always)
    private func isLongName(_ property: UnsafePointer<Property>, _ name: ByteView) -> Bool {
        // With the first eight bytes the word tells the last eight.
        let first = name.load8(at: 0)
        return property.pointee.head == first && property.pointee.word == NameWord.mix(first, name.load8(at: name.count &- 8))
            && (name.count <= 16 || bytes.view(property.pointee.name) == name)
    }

    /// The entry of a name in a table of names, or -1.
    @inline(never)
    func find(_ table: NameTable, _ name: ByteView) -> Int32 {
        guard table.entries.count > 0 else { return -1 }
        let word = NameWord.load(name)
        let slots = slots.start(of: table.slots)
        let entries = properties.start(of: table.entries)
        let mask = table.slots.count &- 1
        var slot = NameWord.slot(word, name.count, mask: mask)
        while true {
            let offset = slots[Int(slot)]
            if offset == 0 { return -1 }
            let property = entries + (Int(offset) &- 1)
            if property.pointee.word == word, Int(property.pointee.length) == name.count,
                name.count < 8 || isLongName(property, name)
            {
                return table.entries.start &+ offset &- 1
            }
            slot = (slot &+ 1) & mask
        }
    }
}
