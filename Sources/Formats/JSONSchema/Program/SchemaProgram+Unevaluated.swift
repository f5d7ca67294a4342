import JSON

extension SchemaProgram {
    /// Applies a schema whose `unevaluatedProperties` or `unevaluatedItems` depends on what its other rules look at.
    @inline(never)
    func applyUnevaluated(
        _ node: UnsafePointer<SchemaNode>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        let rule = unevaluated[node.pointee.unevaluated]
        let kind = tape.kind(index)
        let rest = kind == .object ? rule.members : kind == .array ? rule.elements : Schema.absent
        // Without a rule for this kind of value, what is looked at matters to the schema around this one alone.
        if rest == Schema.absent, rule.isTracked { return applyRules(node, schema, tape, index, scratch) }
        let count = tape.childCount(index)
        scratch.stepsLeft &-= count / SchemaScratch.childrenPerStep
        let before = scratch.marks.push(children: count)
        let wasUncertain = scratch.marks.isUncertain
        scratch.marks.isUncertain = false
        var isValid = applyRules(node, schema, tape, index, scratch)
        if rest != Schema.absent, isValid || scratch.isCollecting, !scratch.marks.isUncertain {
            isValid = applyRest(rest, schema, tape, index, scratch) && isValid
        }
        scratch.marks.isUncertain = wasUncertain
        scratch.marks.pop(to: before)
        if rest != Schema.absent, rule.isTracked { scratch.marks.markAll() }
        return isValid
    }

    private func applyRest(_ rest: Int32, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        var isValid = true
        let isObject = tape.kind(index) == .object
        let end = tape.end(index)
        var child = index &+ 1
        var position = 0
        while child < end {
            let value = isObject ? child &+ 1 : child
            if !scratch.marks.isMarked(position) {
                let isAllowed =
                    rest == Schema.never
                    ? scratch.fail(schema, child, isObject ? .unevaluatedProperties : .unevaluatedItems)
                    : apply(rest, tape, value, scratch)
                if !isAllowed {
                    isValid = false
                    if !scratch.isCollecting { return false }
                }
            }
            position &+= 1
            child = tape.end(value)
        }
        return isValid
    }
}
