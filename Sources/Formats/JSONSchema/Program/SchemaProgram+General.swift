import JSON

extension SchemaProgram {
    @inline(never)
    func applyGeneral(
        _ rule: UnsafePointer<GeneralRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        guard scratch.descend() else { return false }
        defer { scratch.depth &-= 1 }
        var isValid = true
        if rule.pointee.hasEnum || rule.pointee.constant >= 0, !applyConstants(rule, schema, tape, index, scratch) {
            isValid = false
            if !scratch.isCollecting { return false }
        }
        for entry in rule.pointee.all.indices where !apply(lists[entry], tape, index, scratch) {
            isValid = false
            if !scratch.isCollecting { return false }
        }
        if rule.pointee.anyOf.count > 0 || rule.pointee.oneOf.count > 0, !applyAlternatives(rule, schema, tape, index, scratch) {
            isValid = false
            if !scratch.isCollecting { return false }
        }
        if rule.pointee.not != Schema.absent, matches(rule.pointee.not, tape, index, scratch) {
            isValid = scratch.fail(schema, index, .not)
            if !scratch.isCollecting { return false }
        }
        if rule.pointee.condition != Schema.absent {
            let branch = passes(rule.pointee.condition, rule, tape, index, scratch) ? rule.pointee.then : rule.pointee.otherwise
            isValid = apply(branch, tape, index, scratch) && isValid
        }
        return isValid
    }

    private func applyConstants(
        _ rule: UnsafePointer<GeneralRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    )
        -> Bool
    {
        var isValid = true
        if rule.pointee.hasEnum, !isListed(rule, tape, index, scratch) {
            isValid = scratch.fail(schema, index, .enum)
            if !scratch.isCollecting { return false }
        }
        if rule.pointee.constant >= 0, !equals(tape, index, constant: rule.pointee.constant) {
            isValid = scratch.fail(schema, index, .const)
        }
        return isValid
    }

    private func isListed(_ rule: UnsafePointer<GeneralRule>, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        if rule.pointee.hasTextsOnly {
            let kind = tape.kind(index)
            return (kind == .string || kind == .key) && find(rule.pointee.texts, tape, index, scratch) >= 0
        }
        var constant = rule.pointee.anyConstant.start
        while constant < rule.pointee.anyConstant.start &+ rule.pointee.anyConstant.count {
            if equals(tape, index, constant: constant) { return true }
            constant &+= 1
        }
        return false
    }

    private func applyAlternatives(
        _ rule: UnsafePointer<GeneralRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        if rule.pointee.discriminator >= 0, tape.kind(index) == .object {
            let chosen = choice(discriminators[rule.pointee.discriminator], tape, index, scratch)
            if chosen >= 0 { return apply(chosen, tape, index, scratch) }
            if !discriminators[rule.pointee.discriminator].hasUnnamed {
                return scratch.fail(schema, index, .discriminator, rule.pointee.discriminator)
            }
        }
        var isValid = true
        if rule.pointee.anyOf.count > 0, countMatches(rule.pointee.anyOf, upTo: 1, rule, tape, index, scratch) == 0 {
            isValid = false
            if !explain(rule.pointee.anyOf, rule, tape, index, scratch) { _ = scratch.fail(schema, index, .anyOf) }
            if !scratch.isCollecting { return false }
        }
        if rule.pointee.oneOf.count > 0 {
            let count = countMatches(rule.pointee.oneOf, upTo: 2, rule, tape, index, scratch)
            if count != 1 {
                isValid = false
                if count > 0 || !explain(rule.pointee.oneOf, rule, tape, index, scratch) {
                    _ = scratch.fail(schema, index, .oneOf, count)
                }
            }
        }
        return isValid
    }

    /// The alternative that the value of a member names, or -1.
    private func choice(_ rule: DiscriminatorRule, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Int32 {
        guard let value = tape.member(of: index, named: text(rule.name)), tape.kind(value) == .string else { return -1 }
        let found = find(rule.values, tape, value, scratch)
        return found < 0 ? -1 : properties[found].schema
    }

    /// Whether a schema that may fail is satisfied; what it looked at counts only then.
    @inline(__always)
    private func passes(
        _ part: Int32, _ rule: UnsafePointer<GeneralRule>, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        guard rule.pointee.isTracked else { return matches(part, tape, index, scratch) }
        scratch.marks.save()
        let isValid = matches(part, tape, index, scratch)
        if !isValid { scratch.marks.restore() }
        scratch.marks.drop()
        return isValid
    }

    /// How many schemas of a list the value satisfies, counted no further than `most` unless each may look at more.
    private func countMatches(
        _ list: Run, upTo most: Int32, _ rule: UnsafePointer<GeneralRule>, _ tape: JSONTape, _ index: Int,
        _ scratch: SchemaScratch
    ) -> Int32 {
        var count: Int32 = 0
        var entry = list.start
        while entry < list.start &+ list.count {
            if passes(lists[entry], rule, tape, index, scratch) {
                count &+= 1
                if count == most, !rule.pointee.isTracked { break }
            }
            entry &+= 1
        }
        return count
    }

    /// Records what is wrong under the one alternative that allows this kind of value, if there is only one: `null` or an object is
    /// the usual case. Answers whether it did.
    private func explain(
        _ list: Run, _ rule: UnsafePointer<GeneralRule>, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        guard scratch.isCollecting else { return false }
        if rule.pointee.isTracked { scratch.marks.isUncertain = true }
        let meant = list.indices.filter { allows(lists[$0], tape.node(index), scratch) }
        guard meant.count == 1 else { return false }
        return !apply(lists[meant[0]], tape, index, scratch)
    }

    /// Whether the type a schema asks for includes a kind of value.
    private func allows(_ schema: Int32, _ value: JSONTape.Node, _ scratch: SchemaScratch) -> Bool {
        guard schema >= 0 else { return schema == Schema.any }
        scratch.stepsLeft &-= 1
        if scratch.stepsLeft < 0 { return scratch.giveUp() }
        let node = nodes[schema]
        let isAllowed = node.types.contains(value) || value.kind == .number && node.types.contains(.integer)
        guard isAllowed, node.general >= 0 else { return isAllowed }
        let rule = generals[node.general]
        return rule.all.indices.allSatisfy { allows(lists[$0], value, scratch) }
    }
}
