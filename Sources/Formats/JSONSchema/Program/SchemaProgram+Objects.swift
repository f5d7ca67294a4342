import Bytes
import JSON

extension SchemaProgram {
    @inline(never)
    func applyObject(_ rule: UnsafePointer<ObjectRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch)
        -> Bool
    {
        guard scratch.descend() else { return false }
        defer { scratch.depth &-= 1 }
        var isValid = true
        var seen: UInt64 = 0
        let members = tape.childCount(index)
        if rule.pointee.walksMembers {
            scratch.stepsLeft &-= members / SchemaScratch.childrenPerStep
            isValid =
                rule.pointee.hasNamesOnly
                ? applyNamed(rule, schema, tape, index, &seen, scratch) : applyMembers(rule, schema, tape, index, &seen, scratch)
            if !isValid, !scratch.isCollecting { return false }
        }
        if rule.pointee.isTracked, rule.pointee.additional != Schema.absent { scratch.marks.markAll() }
        if seen & rule.pointee.required != rule.pointee.required || rule.pointee.furtherRequired.count > 0 {
            if !checkRequired(rule, schema, tape, index, seen, scratch) {
                isValid = false
                if !scratch.isCollecting { return false }
            }
        }
        if members < Int(rule.pointee.minProperties) {
            isValid = scratch.fail(schema, index, .minProperties)
            if !scratch.isCollecting { return false }
        }
        if members > Int(rule.pointee.maxProperties) {
            isValid = scratch.fail(schema, index, .maxProperties)
            if !scratch.isCollecting { return false }
        }
        if rule.pointee.dependencies.count > 0 { isValid = applyDependencies(rule, schema, tape, index, scratch) && isValid }
        return isValid
    }

    /// Walks the members of an object whose schema knows them by their names alone, as nearly all do.
    @inline(__always)
    private func applyNamed(
        _ rule: UnsafePointer<ObjectRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ seen: inout UInt64,
        _ scratch: SchemaScratch
    ) -> Bool {
        var isValid = true
        let (nodes, text) = (tape.memory, tape.bytes)
        let end = tape.end(index)
        precondition(end <= tape.count)
        // Most objects are written in the order in which their schema declares the members.
        var expected = properties.start(of: rule.pointee.names.entries)
        let last = expected + Int(rule.pointee.names.entries.count)
        var key = index &+ 1
        while key < end {
            var found: UnsafePointer<Property>? = expected
            if expected == last || !isName(expected, nodes[key], text) { found = find(rule, tape, key, scratch) }
            var part = rule.pointee.additional
            var plain = rule.pointee.additionalPlain
            let value = nodes[key &+ 1]
            if let found {
                seen |= found.pointee.bit
                (part, plain) = (found.pointee.schema, found.pointee.plain)
                expected = found + 1
                if found.pointee.ranged.contains(value), isInRange(found, value, text) {
                    key = key &+ 2
                    continue
                }
            }
            let isAllowed =
                plain.contains(value)
                || (part >= 0
                    ? applyRuled(part, value, tape, key &+ 1, scratch)
                    : scratch.fail(schema, key, part == Schema.foreign ? foreignKeyword : rule.pointee.additionalKeyword))
            if !isAllowed {
                isValid = false
                if !scratch.isCollecting { return false }
            }
            key = value.end(key &+ 1)
        }
        return isValid
    }

    /// Whether a string or an integer can be told at a glance to be within the bounds of its schema.
    @inline(always)
    private func isInRange(_ property: UnsafePointer<Property>, _ value: JSONTape.Node, _ text: ByteView) -> Bool {
        var measure = Int64(value.byteCount)
        if value.kind == .number {
            guard let integer = JSONNumber.short(integer: text[Int(value.lower), Int(value.upper)]) else { return false }
            measure = integer
        } else if value.hasEscapes {
            return false
        }
        return measure >= property.pointee.lowest && measure <= property.pointee.highest
    }

    @inline(never)
    private func applyMembers(
        _ rule: UnsafePointer<ObjectRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ seen: inout UInt64,
        _ scratch: SchemaScratch
    ) -> Bool {
        var isValid = true
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
        return isValid
    }

    private func applyMember(
        _ rule: UnsafePointer<ObjectRule>, _ schema: Int32, _ tape: JSONTape, _ key: Int, _ position: Int,
        _ seen: inout UInt64, _ scratch: SchemaScratch
    ) -> Bool {
        var isValid = true
        var isDeclared = false
        if rule.pointee.propertyNames != Schema.any { isValid = apply(rule.pointee.propertyNames, tape, key, scratch) }
        if let found = find(rule, tape, key, scratch) {
            seen |= found.pointee.bit
            if found.pointee.isDeclared {
                isDeclared = true
                isValid = applyProperty(found.pointee.schema, schema, tape, key, scratch) && isValid
            }
        }
        if rule.pointee.patterns.count > 0, isValid || scratch.isCollecting {
            let outcome = applyPatterns(rule.pointee.patterns, tape, key, scratch)
            isValid = outcome.isValid && isValid
            isDeclared = outcome.isDeclared || isDeclared
        }
        if isDeclared {
            if rule.pointee.isTracked { scratch.marks.mark(position) }
            return isValid
        }
        switch rule.pointee.additional {
        case Schema.absent, Schema.any: return isValid
        case Schema.never: return scratch.fail(schema, key, rule.pointee.additionalKeyword)
        default: return apply(rule.pointee.additional, tape, key &+ 1, scratch) && isValid
        }
    }

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
            guard matches(pattern: rule.pattern, plain(tape, key, scratch), scratch) else { continue }
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
        _ rule: UnsafePointer<ObjectRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ seen: UInt64,
        _ scratch: SchemaScratch
    ) -> Bool {
        var isValid = true
        let further = rule.pointee.furtherRequired.indices
        scratch.stepsLeft &-= further.count &* tape.childCount(index) / SchemaScratch.childrenPerStep
        for entry in rule.pointee.names.entries.indices {
            let property = properties[entry]
            if property.bit != 0 {
                if seen & property.bit != 0 { continue }
            } else {
                let offset = entry - rule.pointee.names.entries.start
                guard further.contains(where: { lists[$0] == offset }) else { continue }
                if tape.member(of: index, named: text(property.name)) != nil { continue }
            }
            isValid = scratch.fail(schema, index, .required, entry)
            if !scratch.isCollecting { return false }
        }
        return isValid
    }

    private func applyDependencies(
        _ rule: UnsafePointer<ObjectRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        var isValid = true
        scratch.stepsLeft &-= tape.childCount(index) &* Int(rule.pointee.dependencies.count) / SchemaScratch.childrenPerStep
        for entry in rule.pointee.dependencies.indices {
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
