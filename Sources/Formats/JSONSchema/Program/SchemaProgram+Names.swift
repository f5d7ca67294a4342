import Bytes
import JSON

extension SchemaProgram {
    /// The entry of a string or name in a table of names, or -1.
    @inline(__always)
    func find(_ table: NameTable, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Int32 {
        find(table, plain(tape, index, scratch))
    }

    /// The entry of a member's name in the names of an object, or -1; probably it is `expected`.
    @inline(__always)
    func find(
        _ rule: UnsafePointer<ObjectRule>, _ tape: JSONTape, _ key: Int, _ expected: Int32, _ scratch: SchemaScratch
    ) -> Int32 {
        let name = plain(tape, key, scratch)
        let names = rule.pointee.names.entries
        if expected < names.start &+ names.count, isName(properties.place(expected), name, NameWord.load(name)) {
            return expected
        }
        return find(rule.pointee.names, name)
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

    @inline(__always)
    private func isName(_ property: UnsafePointer<Property>, _ name: ByteView, _ word: UInt64) -> Bool {
        // Below eight bytes the word holds the whole name.
        property.pointee.word == word && Int(property.pointee.length) == name.count
            && (name.count < 8 || bytes.view(property.pointee.name) == name)
    }

    @inline(never)
    private func find(_ table: NameTable, _ name: ByteView) -> Int32 {
        let word = NameWord.load(name)
        let mask = table.slots.count &- 1
        var slot = NameWord.slot(word, name.count, mask: mask)
        while true {
            let offset = slots[table.slots.start &+ slot]
            if offset == 0 { return -1 }
            let entry = table.entries.start &+ offset &- 1
            if isName(properties.place(entry), name, word) { return entry }
            slot = (slot &+ 1) & mask
        }
    }
}
