import Bytes
import JSON

extension SchemaProgram {
    func applyString(_ rule: StringRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        var isValid = true
        // A code point takes one to four bytes, and escaping only adds bytes: often the length in bytes decides.
        let raw = tape.range(index).count
        let isPlain = !tape.hasEscapes(index)
        if raw > Int(rule.maxLength) || !isPlain || raw < Int(rule.minLength) &* 4 {
            if rule.maxLength < .max || rule.minLength > 0 {
                let length = tape.codePoints(index)
                if length < Int(rule.minLength) {
                    isValid = false
                    if !scratch.fail(self, schema, tape, index, "minLength", "must have at least \(rule.minLength) characters") {
                        return false
                    }
                }
                if length > Int(rule.maxLength) {
                    isValid = false
                    if !scratch.fail(self, schema, tape, index, "maxLength", "must have at most \(rule.maxLength) characters") {
                        return false
                    }
                }
            }
        }
        if let format = rule.format, !matches(format, tape, index, scratch) {
            isValid = false
            if !scratch.fail(self, schema, tape, index, "format", "must have the format \(format.rawValue)") { return false }
        }
        return isValid
    }

    private func matches(_ format: SchemaFormat, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        if !tape.hasEscapes(index) { return format.matches(tape.raw(index)) }
        scratch.text.removeAll()
        tape.appendUnescaped(index, to: scratch.text)
        return format.matches(scratch.text.view)
    }

    func applyNumber(_ rule: NumberRule, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        var isValid = true
        let integer = tape.int64(index)
        if rule.minimum.isSet {
            let order = compare(tape, index, integer, rule.minimum)
            if order < 0 || order == 0 && rule.minimum.isExclusive {
                isValid = false
                let keyword: StaticString = rule.minimum.isExclusive ? "exclusiveMinimum" : "minimum"
                let message = rule.minimum.isExclusive ? "must be greater than" : "must be at least"
                if !scratch.fail(self, schema, tape, index, keyword, "\(message) \(rule.minimum.text)") { return false }
            }
        }
        if rule.maximum.isSet {
            let order = compare(tape, index, integer, rule.maximum)
            if order > 0 || order == 0 && rule.maximum.isExclusive {
                isValid = false
                let keyword: StaticString = rule.maximum.isExclusive ? "exclusiveMaximum" : "maximum"
                let message = rule.maximum.isExclusive ? "must be less than" : "must be at most"
                if !scratch.fail(self, schema, tape, index, keyword, "\(message) \(rule.maximum.text)") { return false }
            }
        }
        if rule.multipleOf > 0, !isMultiple(tape, index, of: rule.multipleOf &- 1) {
            isValid = false
            let message = "must be a multiple of \(divisorTexts[Int(rule.multipleOf) - 1])"
            if !scratch.fail(self, schema, tape, index, "multipleOf", message) { return false }
        }
        if let format = rule.format, !fits(integer, format) {
            isValid = false
            if !scratch.fail(self, schema, tape, index, "format", "must be an integer of the format \(format.text)") {
                return false
            }
        }
        return isValid
    }

    private func fits(_ integer: Int64?, _ format: NumberFormat) -> Bool {
        guard let integer else { return false }
        return format == .int64 || Int32(exactly: integer) != nil
    }

    /// Negative when the number is below the bound, positive when above.
    @inline(__always)
    private func compare(_ tape: JSONTape, _ index: Int, _ integer: Int64?, _ bound: NumberRule.Bound) -> Int {
        if let integer, bound.isInteger { return integer < bound.integer ? -1 : integer > bound.integer ? 1 : 0 }
        let isNegative = tape.raw(index)[0] == UInt8(ascii: "-")
        let value = tape.double(index) ?? (isNegative ? -Double.infinity : .infinity)
        return value < bound.double ? -1 : value > bound.double ? 1 : 0
    }

    private func isMultiple(_ tape: JSONTape, _ index: Int, of divisor: Int32) -> Bool {
        let raw = tape.raw(index)
        if let exact = JSONDecimal(raw).isMultiple(of: divisors[divisor]) { return exact }
        // More digits than fit 64 bits: the nearest binary fraction is the best that can be said.
        let step = divisorTexts[Int(divisor)].withByteView { JSONNumber.double($0) }
        guard let value = tape.double(index), let step else { return false }
        return value.truncatingRemainder(dividingBy: step) == 0
    }
}

extension NumberRule.Bound {
    var text: String { isInteger ? "\(integer)" : "\(double)" }
}
