import Bytes
import JSON
import Patterns
import StringFormats

extension SchemaProgram {
    /// Whether the length of a string in bytes tells that it has as many code points as it should.
    @inline(always)
    func isLongEnough(_ rule: UnsafePointer<StringRule>, _ value: JSONTape.Node) -> Bool {
        // A code point takes one to four bytes, and escaping only adds bytes.
        value.byteCount >= rule.pointee.sufficientBytes && value.byteCount <= Int(rule.pointee.maxLength) && !value.hasEscapes
    }

    /// Whether a number is an integer that can be told at a glance to satisfy the rule.
    @inline(always)
    func isWithin(_ rule: UnsafePointer<NumberRule>, _ tape: JSONTape, _ value: JSONTape.Node) -> Bool {
        guard rule.pointee.isRange, !value.hasFraction,
            let integer = JSONNumber.short(integer: tape.bytes[Int(value.lower), Int(value.upper)])
        else { return false }
        return integer >= rule.pointee.lowest && integer <= rule.pointee.highest
    }

    @inline(never)
    func applyString(_ rule: UnsafePointer<StringRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch)
        -> Bool
    {
        var isValid = true
        let value = tape.node(index)
        if !isLongEnough(rule, value) {
            isValid = checkLength(rule, schema, tape, index, scratch)
            if !isValid, !scratch.isCollecting { return false }
        }
        guard rule.pointee.hasMore else { return isValid }
        let text = plain(tape, index, scratch)
        if rule.pointee.isListed, find(rule.pointee.texts, text) < 0 {
            isValid = scratch.fail(schema, index, .enum)
            if !scratch.isCollecting { return false }
        }
        if rule.pointee.pattern >= 0, !matches(pattern: rule.pointee.pattern, text, scratch) {
            isValid = scratch.fail(schema, index, .pattern)
            if !scratch.isCollecting { return false }
        }
        if let format = rule.pointee.format, !format.matches(text) {
            isValid = scratch.fail(schema, index, .format)
            if !scratch.isCollecting { return false }
        }
        if let content = rule.pointee.content { isValid = applyContent(content, schema, tape, index, scratch) && isValid }
        return isValid
    }

    @inline(never)
    private func checkLength(
        _ rule: UnsafePointer<StringRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        let value = tape.node(index)
        // No code point takes more than twelve bytes.
        let sufficient = rule.pointee.minLength <= 1 ? Int(rule.pointee.minLength) : Int(rule.pointee.minLength) &* 12
        if value.byteCount >= sufficient, value.byteCount <= Int(rule.pointee.maxLength) { return true }
        scratch.stepsLeft &-= value.byteCount / SchemaScratch.bytesPerStep
        let length = tape.codePoints(index)
        let isLong = length >= Int(rule.pointee.minLength) || scratch.fail(schema, index, .minLength)
        let isShort = length <= Int(rule.pointee.maxLength) || scratch.fail(schema, index, .maxLength)
        return isLong && isShort
    }

    /// Whether text matches a pattern; a match that takes too long ends the whole check.
    func matches(pattern: Int32, _ text: ByteView, _ scratch: SchemaScratch) -> Bool {
        scratch.stepsLeft &-= text.count / SchemaScratch.bytesPerStep
        guard pattern >= 0 else { return false }
        scratch.pattern.steps = 0
        let outcome = patternTable[pattern]._withUnsafeGuaranteedRef { $0.matches(text, scratch: scratch.pattern) }
        scratch.stepsLeft &-= scratch.pattern.steps / SchemaScratch.patternStepsPerStep
        return outcome == .gaveUp ? scratch.giveUp() : outcome == .match
    }

    @inline(never)
    func applyNumber(_ rule: UnsafePointer<NumberRule>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch)
        -> Bool
    {
        let token = tape.raw(index)
        var isValid = true
        let value = tape.isInteger(index) ? NumberValue(integer: token) : NumberValue(fraction: token)
        if rule.pointee.minimum.isSet {
            let order = compare(token, value, rule.pointee.minimum)
            if order < 0 || order == 0 && rule.pointee.minimum.isExclusive {
                isValid = scratch.fail(schema, index, rule.pointee.minimum.isExclusive ? .exclusiveMinimum : .minimum)
                if !scratch.isCollecting { return false }
            }
        }
        if rule.pointee.maximum.isSet {
            let order = compare(token, value, rule.pointee.maximum)
            if order > 0 || order == 0 && rule.pointee.maximum.isExclusive {
                isValid = scratch.fail(schema, index, rule.pointee.maximum.isExclusive ? .exclusiveMaximum : .maximum)
                if !scratch.isCollecting { return false }
            }
        }
        if rule.pointee.multipleOf > 0, !JSONNumber.isMultiple(token, of: divisors[rule.pointee.multipleOf &- 1]) {
            isValid = scratch.fail(schema, index, .multipleOf)
            if !scratch.isCollecting { return false }
        }
        if let format = rule.pointee.format, !format.includes(token) { isValid = scratch.fail(schema, index, .format) }
        return isValid
    }

    /// Negative when the number is below the bound, positive when above.
    @inline(__always)
    private func compare(_ token: ByteView, _ value: NumberValue, _ bound: NumberRule.Bound) -> Int {
        if let integer = value.integer, bound.isInteger { return integer < bound.integer ? -1 : integer > bound.integer ? 1 : 0 }
        // Where the nearest binary fractions differ, the numbers differ in the same way.
        if let double = value.double, double != bound.double { return double < bound.double ? -1 : 1 }
        return JSONNumber.compare(token, text(bound.token))
    }
}

/// What one look at a number tells.
private struct NumberValue {
    let integer: Int64?
    /// The nearest binary fraction, where it is needed.
    let double: Double?

    /// A number without fraction and exponent.
    @inline(__always)
    init(integer token: ByteView) {
        integer = JSONNumber.int64(token)
        double = integer.map(Double.init) ?? JSONNumber.double(token)
    }

    /// Any other; `1.0` is compared as a fraction, which costs more and comes to the same.
    @inline(__always)
    init(fraction token: ByteView) {
        integer = nil
        double = JSONNumber.double(token)
    }
}
