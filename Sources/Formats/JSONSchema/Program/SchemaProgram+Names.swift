import Bytes
import JSON

extension SchemaProgram {
    /// The entry of a string or name in a table of names, or -1.
    @inline(__always)
    func find(_ table: NameTable, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Int32 {
        find(table, plain(tape, index, scratch))
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
    private func find(_ table: NameTable, _ name: ByteView) -> Int32 {
        let word = NameWord.load(name)
        let mask = table.slots.count &- 1
        var slot = NameWord.slot(word, name.count, mask: mask)
        while true {
            let offset = slots[table.slots.start &+ slot]
            if offset == 0 { return -1 }
            let entry = table.entries.start &+ offset &- 1
            let property = properties[entry]
            // Below eight bytes the word holds the whole name.
            if property.word == word, Int(property.length) == name.count, name.count < 8 || bytes.view(property.name) == name {
                return entry
            }
            slot = (slot &+ 1) & mask
        }
    }
}
