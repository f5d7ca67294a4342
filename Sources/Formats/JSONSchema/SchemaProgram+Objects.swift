import Bytes
import JSON

extension SchemaProgram {
    func applyObject(_ rule: ObjectRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        var isValid = true
        var seen: UInt64 = 0
        if rule.walksMembers {
            let end = tape.end(index)
            var key = index &+ 1
            while key < end {
                if !applyMember(rule, schema, tape, key, &seen, scratch) {
                    isValid = false
                    if !scratch.isCollecting { return false }
                }
                key = tape.end(key &+ 1)
            }
        }
        if seen & rule.required != rule.required || rule.furtherRequired.count > 0 {
            if !checkRequired(rule, schema, tape, index, seen, scratch) {
                isValid = false
                if !scratch.isCollecting { return false }
            }
        }
        let members = tape.childCount(index)
        if members < Int(rule.minProperties) {
            isValid = false
            if !scratch.fail(self, schema, tape, index, "minProperties", "must have at least \(rule.minProperties) members") {
                return false
            }
        }
        if members > Int(rule.maxProperties) {
            isValid = false
            if !scratch.fail(self, schema, tape, index, "maxProperties", "must have at most \(rule.maxProperties) members") {
                return false
            }
        }
        if rule.dependencies.count > 0 { isValid = applyDependencies(rule, schema, tape, index, scratch) && isValid }
        return isValid
    }

    @inline(__always)
    private func applyMember(
        _ rule: ObjectRule, _ schema: Int32, _ tape: JSONTape, _ key: Int, _ seen: inout UInt64, _ scratch: SchemaScratch
    ) -> Bool {
        var isValid = true
        if rule.propertyNames != Schema.any { isValid = apply(rule.propertyNames, tape, key, scratch) }
        let found = find(rule, tape, key, scratch)
        if found >= 0 {
            let property = properties[found]
            seen |= property.bit
            if property.isDeclared { return apply(property.schema, tape, key &+ 1, scratch) && isValid }
        }
        if rule.additional == Schema.any { return isValid }
        if rule.additional == Schema.never {
            _ = scratch.fail(self, schema, tape, key, "additionalProperties", "is not a member this object may have")
            return false
        }
        return apply(rule.additional, tape, key &+ 1, scratch) && isValid
    }

    /// The entry of the member's name in the table of properties, or -1.
    @inline(__always)
    private func find(_ rule: ObjectRule, _ tape: JSONTape, _ key: Int, _ scratch: SchemaScratch) -> Int32 {
        if !tape.hasEscapes(key) { return find(rule, tape.raw(key)) }
        scratch.text.removeAll()
        tape.appendUnescaped(key, to: scratch.text)
        return find(rule, scratch.text.view)
    }

    @inline(__always)
    private func find(_ rule: ObjectRule, _ name: ByteView) -> Int32 {
        let word = NameWord.load(name)
        let mask = rule.slots.count &- 1
        var slot = NameWord.slot(word, name.count, mask: mask)
        while true {
            let offset = slots[rule.slots.start &+ slot]
            if offset == 0 { return -1 }
            let entry = rule.properties.start &+ offset &- 1
            let property = properties[entry]
            // Below eight bytes the word holds the whole name.
            if property.word == word, Int(property.length) == name.count,
                name.count < 8 || bytes.view(Run(start: property.start, count: property.length)) == name
            {
                return entry
            }
            slot = (slot &+ 1) & mask
        }
    }

    private func checkRequired(
        _ rule: ObjectRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ seen: UInt64, _ scratch: SchemaScratch
    ) -> Bool {
        var isValid = true
        let further = rule.furtherRequired.indices
        for entry in rule.properties.indices {
            let property = properties[entry]
            let isMissing: Bool
            if property.bit != 0 {
                isMissing = seen & property.bit == 0
            } else {
                let offset = entry - rule.properties.start
                isMissing =
                    further.contains { lists[$0] == offset }
                    && tape.member(of: index, named: text(Run(start: property.start, count: property.length))) == nil
            }
            guard isMissing else { continue }
            isValid = false
            let name = Run(start: property.start, count: property.length)
            if !scratch.fail(self, schema, tape, index, "required", "must have the member \(String(text(name)))") { return false }
        }
        return isValid
    }

    private func applyDependencies(
        _ rule: ObjectRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        var isValid = true
        for entry in rule.dependencies.indices {
            let dependency = dependencies[entry]
            guard tape.member(of: index, named: text(dependency.name)) != nil else { continue }
            for name in dependency.required.indices where tape.member(of: index, named: text(names[name])) == nil {
                isValid = false
                let message = "must have the member \(String(text(names[name]))) because it has \(String(text(dependency.name)))"
                if !scratch.fail(self, schema, tape, index, "dependentRequired", message) { return false }
            }
            if !apply(dependency.schema, tape, index, scratch) {
                isValid = false
                if !scratch.isCollecting { return false }
            }
        }
        return isValid
    }
}
