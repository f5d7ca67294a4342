import Bytes
import JSON

extension SchemaProgram {
    func applyObject(_ rule: ObjectRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        var isValid = true
        var seen: UInt64 = 0
        let members = tape.childCount(index)
        if rule.walksMembers {
            scratch.stepsLeft &-= members / SchemaScratch.childrenPerStep
            let end = tape.end(index)
            var key = index &+ 1
            var position = 0
            while key < end {
                if !applyMember(rule, schema, tape, key, position, &seen, scratch) {
                    isValid = false
                    if !scratch.isCollecting { return false }
                }
                position &+= 1
                key = tape.end(key &+ 1)
            }
        }
        if rule.isTracked, rule.additional != Schema.absent { scratch.marks.markAll() }
        if seen & rule.required != rule.required || rule.furtherRequired.count > 0 {
            if !checkRequired(rule, schema, tape, index, seen, scratch) {
                isValid = false
                if !scratch.isCollecting { return false }
            }
        }
        if members < Int(rule.minProperties) {
            isValid = scratch.fail(schema, index, .minProperties)
            if !scratch.isCollecting { return false }
        }
        if members > Int(rule.maxProperties) {
            isValid = scratch.fail(schema, index, .maxProperties)
            if !scratch.isCollecting { return false }
        }
        if rule.dependencies.count > 0 { isValid = applyDependencies(rule, schema, tape, index, scratch) && isValid }
        return isValid
    }

    @inline(__always)
    private func applyMember(
        _ rule: ObjectRule, _ schema: Int32, _ tape: JSONTape, _ key: Int, _ position: Int, _ seen: inout UInt64,
        _ scratch: SchemaScratch
    ) -> Bool {
        var isValid = true
        var isDeclared = false
        if rule.propertyNames != Schema.any { isValid = apply(rule.propertyNames, tape, key, scratch) }
        let found = find(rule.names, tape, key, scratch)
        if found >= 0 {
            let property = properties[found]
            seen |= property.bit
            if property.isDeclared {
                isDeclared = true
                isValid = applyProperty(property.schema, schema, tape, key, scratch) && isValid
            }
        }
        if rule.patterns.count > 0, isValid || scratch.isCollecting {
            let outcome = applyPatterns(rule.patterns, tape, key, scratch)
            isValid = outcome.isValid && isValid
            isDeclared = outcome.isDeclared || isDeclared
        }
        if isDeclared {
            if rule.isTracked { scratch.marks.mark(position) }
            return isValid
        }
        switch rule.additional {
        case Schema.absent, Schema.any: return isValid
        case Schema.never: return scratch.fail(schema, key, rule.additionalKeyword)
        default: return apply(rule.additional, tape, key &+ 1, scratch) && isValid
        }
    }

    @inline(__always)
    private func applyProperty(_ part: Int32, _ schema: Int32, _ tape: JSONTape, _ key: Int, _ scratch: SchemaScratch) -> Bool {
        if part == Schema.foreign { return scratch.fail(schema, key, foreignKeyword) }
        return apply(part, tape, key &+ 1, scratch)
    }

    /// Applies the schemas of every pattern that the name matches.
    @inline(never)
    private func applyPatterns(_ run: Run, _ tape: JSONTape, _ key: Int, _ scratch: SchemaScratch) -> (
        isValid: Bool, isDeclared: Bool
    ) {
        var isValid = true
        var isDeclared = false
        for entry in run.indices {
            let rule = patternProperties[entry]
            guard matches(pattern: rule.pattern, tape, key, scratch) else { continue }
            isDeclared = true
            if !apply(rule.schema, tape, key &+ 1, scratch) {
                isValid = false
                if !scratch.isCollecting { break }
            }
        }
        return (isValid, isDeclared)
    }

    @inline(never)
    private func checkRequired(
        _ rule: ObjectRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ seen: UInt64, _ scratch: SchemaScratch
    ) -> Bool {
        var isValid = true
        let further = rule.furtherRequired.indices
        scratch.stepsLeft &-= further.count &* tape.childCount(index) / SchemaScratch.childrenPerStep
        for entry in rule.names.entries.indices {
            let property = properties[entry]
            if property.bit != 0 {
                if seen & property.bit != 0 { continue }
            } else {
                let offset = entry - rule.names.entries.start
                guard further.contains(where: { lists[$0] == offset }) else { continue }
                if tape.member(of: index, named: text(property.name)) != nil { continue }
            }
            isValid = scratch.fail(schema, index, .required, entry)
            if !scratch.isCollecting { return false }
        }
        return isValid
    }

    private func applyDependencies(
        _ rule: ObjectRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        var isValid = true
        scratch.stepsLeft &-= tape.childCount(index) &* Int(rule.dependencies.count) / SchemaScratch.childrenPerStep
        for entry in rule.dependencies.indices {
            let dependency = dependencies[entry]
            guard tape.member(of: index, named: text(dependency.name)) != nil else { continue }
            for name in dependency.required.indices where tape.member(of: index, named: text(names[name])) == nil {
                isValid = scratch.fail(schema, index, .dependentRequired, name)
                if !scratch.isCollecting { return false }
            }
            if !apply(dependency.schema, tape, index, scratch) {
                isValid = false
                if !scratch.isCollecting { return false }
            }
        }
        return isValid
    }
}
