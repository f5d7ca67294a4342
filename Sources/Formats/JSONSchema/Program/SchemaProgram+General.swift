import JSON

extension SchemaProgram {
    func applyGeneral(_ rule: GeneralRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        var isValid = true
        if rule.hasEnum || rule.constant >= 0, !applyConstants(rule, schema, tape, index, scratch) {
            isValid = false
            if !scratch.isCollecting { return false }
        }
        for entry in rule.all.indices where !apply(lists[entry], tape, index, scratch) {
            isValid = false
            if !scratch.isCollecting { return false }
        }
        if rule.anyOf.count > 0 || rule.oneOf.count > 0, !applyAlternatives(rule, schema, tape, index, scratch) {
            isValid = false
            if !scratch.isCollecting { return false }
        }
        if rule.not != Schema.absent, matches(rule.not, tape, index, scratch) {
            isValid = scratch.fail(schema, index, .not)
            if !scratch.isCollecting { return false }
        }
        if rule.condition != Schema.absent {
            let branch = passes(rule.condition, rule, tape, index, scratch) ? rule.then : rule.otherwise
            isValid = apply(branch, tape, index, scratch) && isValid
        }
        return isValid
    }

    private func applyConstants(_ rule: GeneralRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch)
        -> Bool
    {
        var isValid = true
        if rule.hasEnum, !isListed(rule, tape, index, scratch) {
            isValid = scratch.fail(schema, index, .enum)
            if !scratch.isCollecting { return false }
        }
        if rule.constant >= 0, !equals(tape, index, constant: rule.constant) { isValid = scratch.fail(schema, index, .const) }
        return isValid
    }

    private func isListed(_ rule: GeneralRule, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        if rule.hasTextsOnly {
            let kind = tape.kind(index)
            return (kind == .string || kind == .key) && find(rule.texts, tape, index, scratch) >= 0
        }
        var constant = rule.anyConstant.start
        while constant < rule.anyConstant.start &+ rule.anyConstant.count {
            if equals(tape, index, constant: constant) { return true }
            constant &+= 1
        }
        return false
    }

    private func applyAlternatives(
        _ rule: GeneralRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        if rule.discriminator >= 0, tape.kind(index) == .object {
            let chosen = choice(discriminators[rule.discriminator], tape, index, scratch)
            if chosen >= 0 { return apply(chosen, tape, index, scratch) }
            if !discriminators[rule.discriminator].hasUnnamed {
                return scratch.fail(schema, index, .discriminator, rule.discriminator)
            }
        }
        var isValid = true
        if rule.anyOf.count > 0, countMatches(rule.anyOf, upTo: 1, rule, tape, index, scratch) == 0 {
            isValid = false
            if !explain(rule.anyOf, rule, tape, index, scratch) { _ = scratch.fail(schema, index, .anyOf) }
            if !scratch.isCollecting { return false }
        }
        if rule.oneOf.count > 0 {
            let count = countMatches(rule.oneOf, upTo: 2, rule, tape, index, scratch)
            if count != 1 {
                isValid = false
                if count > 0 || !explain(rule.oneOf, rule, tape, index, scratch) {
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
    private func passes(_ part: Int32, _ rule: GeneralRule, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        guard rule.isTracked else { return matches(part, tape, index, scratch) }
        scratch.marks.save()
        let isValid = matches(part, tape, index, scratch)
        if !isValid { scratch.marks.restore() }
        scratch.marks.drop()
        return isValid
    }

    /// How many schemas of a list the value satisfies, counted no further than `most` unless each may look at more.
    private func countMatches(
        _ list: Run, upTo most: Int32, _ rule: GeneralRule, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Int32 {
        var count: Int32 = 0
        var entry = list.start
        while entry < list.start &+ list.count {
            if passes(lists[entry], rule, tape, index, scratch) {
                count &+= 1
                if count == most, !rule.isTracked { break }
            }
            entry &+= 1
        }
        return count
    }

    /// Records what is wrong under the one alternative that allows this kind of value, if there is only one: `null` or an object is
    /// the usual case. Answers whether it did.
    private func explain(_ list: Run, _ rule: GeneralRule, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        guard scratch.isCollecting else { return false }
        if rule.isTracked { scratch.marks.isUncertain = true }
        let meant = list.indices.filter { allows(lists[$0], tape.kind(index)) }
        guard meant.count == 1 else { return false }
        return !apply(lists[meant[0]], tape, index, scratch)
    }

    /// Whether the type a schema asks for includes a kind of value.
    private func allows(_ schema: Int32, _ kind: JSONKind) -> Bool {
        guard schema >= 0 else { return schema == Schema.any }
        let node = nodes[schema]
        let isAllowed =
            switch kind {
            case .object: node.types.contains(.object)
            case .array: node.types.contains(.array)
            case .string, .key: node.types.contains(.string)
            case .number: !node.types.isDisjoint(with: [.number, .integer])
            case .true, .false: node.types.contains(.boolean)
            case .null: node.types.contains(.null)
            }
        guard isAllowed, node.general >= 0 else { return isAllowed }
        let rule = generals[node.general]
        return rule.all.indices.allSatisfy { allows(lists[$0], kind) }
    }
}
