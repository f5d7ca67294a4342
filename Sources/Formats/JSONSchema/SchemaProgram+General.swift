import JSON

extension SchemaProgram {
    func applyGeneral(_ rule: GeneralRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        var isValid = true
        if rule.reference != Schema.any, !apply(rule.reference, tape, index, scratch) {
            isValid = false
            if !scratch.isCollecting { return false }
        }
        if rule.hasEnum || rule.constant >= 0, !applyConstants(rule, schema, tape, index, scratch) {
            isValid = false
            if !scratch.isCollecting { return false }
        }
        for entry in rule.allOf.indices where !apply(lists[entry], tape, index, scratch) {
            isValid = false
            if !scratch.isCollecting { return false }
        }
        if rule.anyOf.count > 0, countMatches(rule.anyOf, upTo: 1, tape, index, scratch) == 0 {
            isValid = false
            if !scratch.fail(self, schema, tape, index, "anyOf", "must match at least one of the alternatives") { return false }
        }
        if rule.oneOf.count > 0 {
            let count = countMatches(rule.oneOf, upTo: 2, tape, index, scratch)
            if count != 1 {
                isValid = false
                let message = "must match exactly one of the alternatives and matches \(count == 0 ? "none" : "more")"
                if !scratch.fail(self, schema, tape, index, "oneOf", message) { return false }
            }
        }
        if rule.not != Schema.never, matches(rule.not, tape, index, scratch) {
            isValid = false
            if !scratch.fail(self, schema, tape, index, "not", "must not match the excluded schema") { return false }
        }
        if rule.condition != GeneralRule.noCondition {
            let branch = matches(rule.condition, tape, index, scratch) ? rule.then : rule.otherwise
            isValid = apply(branch, tape, index, scratch) && isValid
        }
        // What is inverted or counted above may have passed only because the check ran out of steps.
        return isValid && scratch.stepsLeft >= 0
    }

    private func applyConstants(_ rule: GeneralRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch)
        -> Bool
    {
        var isValid = true
        if rule.hasEnum, !rule.anyConstant.indices.contains(where: { equals(tape, index, constant: $0) }) {
            isValid = false
            if !scratch.fail(self, schema, tape, index, "enum", "must be one of the listed values") { return false }
        }
        if rule.constant >= 0, !equals(tape, index, constant: rule.constant) {
            isValid = false
            if !scratch.fail(self, schema, tape, index, "const", "must be the one value allowed") { return false }
        }
        return isValid
    }

    /// How many schemas of a list the value satisfies, counted no further than `most`.
    private func countMatches(_ list: Run, upTo most: Int, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Int {
        var count = 0
        for entry in list.indices where matches(lists[entry], tape, index, scratch) {
            count &+= 1
            if count == most { break }
        }
        return count
    }
}
