import Bytes
import JSON

extension SchemaProgram {
    func applyArray(_ rule: ArrayRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        var isValid = true
        let count = tape.childCount(index)
        if count < Int(rule.minItems) {
            isValid = false
            if !scratch.fail(self, schema, tape, index, "minItems", "must have at least \(rule.minItems) elements") {
                return false
            }
        }
        if count > Int(rule.maxItems) {
            isValid = false
            if !scratch.fail(self, schema, tape, index, "maxItems", "must have at most \(rule.maxItems) elements") {
                return false
            }
        }
        if rule.prefix.count > 0 || rule.items != Schema.any {
            if !applyElements(rule, schema, tape, index, scratch) {
                isValid = false
                if !scratch.isCollecting { return false }
            }
        }
        if rule.isUnique, count > 1, !areUnique(tape, index, count, scratch) {
            isValid = false
            if !scratch.fail(self, schema, tape, index, "uniqueItems", "must not have two equal elements") { return false }
        }
        if rule.contains != ArrayRule.noContains { isValid = applyContains(rule, schema, tape, index, scratch) && isValid }
        return isValid
    }

    private func applyElements(_ rule: ArrayRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch)
        -> Bool
    {
        var isValid = true
        var position: Int32 = 0
        var element = index &+ 1
        let end = tape.end(index)
        while element < end {
            let part = position < rule.prefix.count ? lists[rule.prefix.start &+ position] : rule.items
            if part == Schema.never {
                _ = scratch.fail(self, schema, tape, element, "items", "is not an element this array may have")
                return false
            }
            if !apply(part, tape, element, scratch) {
                isValid = false
                if !scratch.isCollecting { return false }
            }
            position &+= 1
            element = tape.end(element)
        }
        return isValid
    }

    private func applyContains(_ rule: ArrayRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch)
        -> Bool
    {
        var count: Int32 = 0
        var element = index &+ 1
        while element < tape.end(index) {
            if matches(rule.contains, tape, element, scratch) { count &+= 1 }
            element = tape.end(element)
        }
        if count < rule.minContains {
            // Without `minContains` it is `contains` itself that asks for one.
            let keyword: StaticString = rule.minContains == 1 ? "contains" : "minContains"
            _ = scratch.fail(
                self, schema, tape, index, keyword, "must have at least \(rule.minContains) elements of a certain form")
            return false
        }
        if count > rule.maxContains {
            _ = scratch.fail(
                self, schema, tape, index, "maxContains", "must have at most \(rule.maxContains) elements of a certain form")
            return false
        }
        return true
    }

    /// Arrays up to this size are compared pairwise; larger ones through hashes, because a client chooses their size.
    private static let pairwiseElements = 8

    private func areUnique(_ tape: JSONTape, _ index: Int, _ count: Int, _ scratch: SchemaScratch) -> Bool {
        if count > Self.pairwiseElements { return areUniqueByHash(tape, index, count, scratch) }
        let end = tape.end(index)
        var element = index &+ 1
        while element < end {
            var other = tape.end(element)
            while other < end {
                if tape.isEqual(element, to: tape, other) { return false }
                other = tape.end(other)
            }
            element = tape.end(element)
        }
        return true
    }

    /// Looks each element up in a hash table of the earlier ones: pairs of a hash and a node.
    private func areUniqueByHash(_ tape: JSONTape, _ index: Int, _ count: Int, _ scratch: SchemaScratch) -> Bool {
        var slots = 16
        while slots < count * 2 { slots *= 2 }
        scratch.reserveHashes(slots * 2)
        let table = scratch.hashes
        table.update(repeating: 0, count: slots * 2)
        var element = index &+ 1
        while element < tape.end(index) {
            let hash = tape.hash(of: element, with: scratch.hash)
            var slot = Int(truncatingIfNeeded: hash) & (slots - 1)
            // Node 0 is the whole text and never an element, so 0 marks a free slot.
            while table[slot * 2 + 1] != 0 {
                if table[slot * 2] == hash, tape.isEqual(element, to: tape, Int(table[slot * 2 + 1])) { return false }
                slot = (slot + 1) & (slots - 1)
            }
            table[slot * 2] = hash
            table[slot * 2 + 1] = UInt64(element)
            element = tape.end(element)
        }
        return true
    }
}
