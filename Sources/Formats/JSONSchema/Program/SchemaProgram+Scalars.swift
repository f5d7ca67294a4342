import Bytes
import JSON
import Patterns
import StringFormats

extension SchemaProgram {
    func applyString(_ rule: StringRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        var isValid = true
        // A code point takes one to four bytes, and escaping only adds bytes: often the length in bytes decides.
        let raw = tape.range(index).count
        if raw > Int(rule.maxLength) || tape.hasEscapes(index) || raw < Int(rule.minLength) &* 4,
            rule.maxLength < .max || rule.minLength > 0
        {
            scratch.stepsLeft &-= raw / SchemaScratch.bytesPerStep
            let length = tape.codePoints(index)
            if length < Int(rule.minLength) {
                isValid = scratch.fail(schema, index, .minLength)
                if !scratch.isCollecting { return false }
            }
            if length > Int(rule.maxLength) {
                isValid = scratch.fail(schema, index, .maxLength)
                if !scratch.isCollecting { return false }
            }
        }
        if rule.pattern >= 0, !matches(pattern: rule.pattern, tape, index, scratch) {
            isValid = scratch.fail(schema, index, .pattern)
            if !scratch.isCollecting { return false }
        }
        if let format = rule.format, !format.matches(plain(tape, index, scratch)) {
            isValid = scratch.fail(schema, index, .format)
            if !scratch.isCollecting { return false }
        }
        if let content = rule.content { isValid = applyContent(content, schema, tape, index, scratch) && isValid }
        return isValid
    }

    /// Whether a string or name matches a pattern; a match that takes too long ends the whole check.
    func matches(pattern: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        scratch.stepsLeft &-= tape.range(index).count / SchemaScratch.bytesPerStep
        guard pattern >= 0 else { return false }
        scratch.pattern.steps = 0
        let outcome = patterns[Int(pattern)].matches(plain(tape, index, scratch), scratch: scratch.pattern)
        scratch.stepsLeft &-= scratch.pattern.steps / SchemaScratch.patternStepsPerStep
        return outcome == .gaveUp ? scratch.giveUp() : outcome == .match
    }

    func applyNumber(_ rule: NumberRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        var isValid = true
        let token = tape.raw(index)
        let integer = JSONNumber.int64(token)
        if rule.minimum.isSet {
            let order = compare(token, integer, rule.minimum)
            if order < 0 || order == 0 && rule.minimum.isExclusive {
                isValid = scratch.fail(schema, index, rule.minimum.isExclusive ? .exclusiveMinimum : .minimum)
                if !scratch.isCollecting { return false }
            }
        }
        if rule.maximum.isSet {
            let order = compare(token, integer, rule.maximum)
            if order > 0 || order == 0 && rule.maximum.isExclusive {
                isValid = scratch.fail(schema, index, rule.maximum.isExclusive ? .exclusiveMaximum : .maximum)
                if !scratch.isCollecting { return false }
            }
        }
        if rule.multipleOf > 0, !JSONNumber.isMultiple(token, of: divisors[rule.multipleOf &- 1]) {
            isValid = scratch.fail(schema, index, .multipleOf)
            if !scratch.isCollecting { return false }
        }
        if let format = rule.format, !format.includes(token) { isValid = scratch.fail(schema, index, .format) }
        return isValid
    }

    /// Negative when the number is below the bound, positive when above.
    @inline(__always)
    private func compare(_ token: ByteView, _ integer: Int64?, _ bound: NumberRule.Bound) -> Int {
        if let integer, bound.isInteger { return integer < bound.integer ? -1 : integer > bound.integer ? 1 : 0 }
        return JSONNumber.compare(token, text(bound.token))
    }
}
