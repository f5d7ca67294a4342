import Bytes
import JSON

extension SchemaProgram {
    /// Most bytes of a string whose content is checked, so that a document in a document in a document stays cheap.
    static let mostContentBytes = 1 << 20

    /// Checks what a string holds: that it is encoded as it should be, that it is JSON, and that the JSON has the form asked for.
    @inline(never)
    func applyContent(_ rule: ContentRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        var text = plain(tape, index, scratch)
        scratch.stepsLeft &-= text.count / SchemaScratch.childrenPerStep
        guard text.count <= Self.mostContentBytes else { return scratch.giveUp() }
        if let encoding = rule.encoding {
            scratch.content.removeAll()
            guard encoding.decode(text, into: scratch.content) else { return scratch.fail(schema, index, .contentEncoding) }
            text = scratch.content.view
        }
        guard rule.isJSON else { return true }
        // A document inside this one needs memory of its own; it is rare enough to be made anew.
        let bytes = [UInt8](text)
        let inner = JSONTape()
        return bytes.withByteView { bytes in
            guard inner.parse(bytes) == nil, matches(rule.schema, inner, 0, scratch) else {
                return scratch.fail(schema, index, .contentMediaType)
            }
            return true
        }
    }
}
