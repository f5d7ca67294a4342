import Bytes
import JSON

extension SchemaProgram {
    @inline(never)
    func applyArray(_ rule: UnsafePointer<ArrayRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch)
        -> Bool
    {
        guard scratch.descend() else { return false }
        defer { scratch.depth &-= 1 }
        var isValid = true
        let count = tape.childCount(index)
        if count < Int(rule.pointee.minItems) {
            isValid = scratch.fail(schema, index, .minItems)
            if !scratch.isCollecting { return false }
        }
        if count > Int(rule.pointee.maxItems) {
            isValid = scratch.fail(schema, index, .maxItems)
            if !scratch.isCollecting { return false }
        }
        if rule.pointee.prefix.count > 0 || rule.pointee.items != Schema.absent {
            if !applyElements(rule, schema, tape, index, scratch) {
                isValid = false
                if !scratch.isCollecting { return false }
            }
        }
        if rule.pointee.isUnique, count > 1, !areUnique(tape, index, count, scratch) {
            isValid = scratch.fail(schema, index, .uniqueItems)
            if !scratch.isCollecting { return false }
        }
        if rule.pointee.contains != Schema.absent { isValid = applyContains(rule, schema, tape, index, scratch) && isValid }
        return isValid
    }

    @inline(__always)
    private func applyElements(
        _ rule: UnsafePointer<ArrayRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        var isValid = true
        var element = index &+ 1
        let end = tape.end(index)
        let items = rule.pointee.items
        if rule.pointee.isTracked, items != Schema.absent { scratch.marks.markAll() }
        scratch.stepsLeft &-= tape.childCount(index) / SchemaScratch.childrenPerStep
        var position: Int32 = 0
        while position < rule.pointee.prefix.count, element < end {
            if rule.pointee.isTracked { scratch.marks.mark(Int(position)) }
            if !apply(lists[rule.pointee.prefix.start &+ position], tape, element, scratch) {
                isValid = false
                if !scratch.isCollecting { return false }
            }
            position &+= 1
            element = tape.end(element)
        }
        if element >= end || items == Schema.absent || items == Schema.any { return isValid }
        // One element too many says it all.
        if items == Schema.never { return scratch.fail(schema, element, rule.pointee.itemsKeyword) }
        while element < end {
            let value = tape.node(element)
            if !rule.pointee.itemsPlain.contains(value), !applyRuled(items, value, tape, element, scratch) {
                isValid = false
                if !scratch.isCollecting { return false }
            }
            element = value.end(element)
        }
        return isValid
    }

    @inline(never)
    private func applyContains(
        _ rule: UnsafePointer<ArrayRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    )
        -> Bool
    {
        var count: Int32 = 0
        var position = 0
        var element = index &+ 1
        let end = tape.end(index)
        while element < end {
            if matches(rule.pointee.contains, tape, element, scratch) {
                count &+= 1
                if rule.pointee.isTracked { scratch.marks.mark(position) }
            }
            position &+= 1
            element = tape.end(element)
        }
        // Without `minContains` it is `contains` itself that asks for one.
        if count < rule.pointee.minContains {
            return scratch.fail(schema, index, rule.pointee.minContains == 1 ? .contains : .minContains)
        }
        return count <= rule.pointee.maxContains || scratch.fail(schema, index, .maxContains)
    }

    /// Arrays up to this size are compared pairwise; larger ones through hashes, because a client chooses their size.
    private static let pairwiseElements = 8

    @inline(never)
    private func areUnique(_ tape: JSONTape, _ index: Int, _ count: Int, _ scratch: SchemaScratch) -> Bool {
        // Every node below is read, by `tape.end` at most as many as lie between.
        scratch.stepsLeft &-= (tape.end(index) &- index) / SchemaScratch.childrenPerStep
        if count > Self.pairwiseElements { return areUniqueByHash(tape, index, count, scratch) }
        let end = tape.end(index)
        var element = index &+ 1
        while element < end {
            var other = tape.end(element)
            while other < end {
                if mayBeEqual(tape.node(element), tape.node(other)), tape.isEqual(element, to: tape, other) { return false }
                other = tape.end(other)
            }
            element = tape.end(element)
        }
        return true
    }

    /// Whether two values can be equal, as far as that is told at a glance.
    @inline(always)
    private func mayBeEqual(_ one: JSONTape.Node, _ other: JSONTape.Node) -> Bool {
        guard one.kind == other.kind else { return false }
        return one.kind != .string || one.byteCount == other.byteCount || one.hasEscapes || other.hasEscapes
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
