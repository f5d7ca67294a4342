import Bytes
import Documents
import JSON

extension SchemaCompiler {
    func arrayRule(of node: SourceNode) -> Int32 {
        var rule = ArrayRule()
        if options.dialect != .oas30 {
            if let value = node["prefixItems"] { rule.prefix = list("prefixItems", value) }
            if let value = node["contains"] {
                rule.contains = schema(value)
                rule.minContains = count("minContains", of: node) ?? 1
                rule.maxContains = count("maxContains", of: node) ?? .max
            }
        }
        if let value = node["items"] {
            rule.items = value.bool == false && options.dialect != .oas30 ? Schema.never : schema(value)
        }
        rule.minItems = count("minItems", of: node) ?? 0
        rule.maxItems = count("maxItems", of: node) ?? .max
        if let value = node["uniqueItems"] {
            if value.bool == nil { invalid("uniqueItems", value, "true or false") }
            rule.isUnique = value.bool == true
        }
        let isEmpty =
            rule.prefix.count == 0 && rule.contains == ArrayRule.noContains && rule.items == Schema.any && rule.minItems == 0
            && rule.maxItems == .max && !rule.isUnique
        if isEmpty { return -1 }
        builder.arrays.append(rule)
        return Int32(builder.arrays.count - 1)
    }

    func stringRule(of node: SourceNode) -> Int32 {
        var rule = StringRule()
        rule.minLength = count("minLength", of: node) ?? 0
        rule.maxLength = count("maxLength", of: node) ?? .max
        if options.assertsFormats, let value = node["format"] {
            let name = value.string ?? ""
            rule.format = SchemaFormat(rawValue: name)
            if SchemaFormat.unchecked.contains(name) {
                warning(value, "schema-format-unchecked", "the format \(name) is not checked yet; values of any form pass")
            }
        }
        guard rule.minLength > 0 || rule.maxLength < .max || rule.format != nil else { return -1 }
        builder.strings.append(rule)
        return Int32(builder.strings.count - 1)
    }

    func numberRule(of node: SourceNode, types: TypeSet) -> Int32 {
        var rule = NumberRule()
        rule.minimum = bound("minimum", "exclusiveMinimum", of: node, tighter: >)
        rule.maximum = bound("maximum", "exclusiveMaximum", of: node, tighter: <)
        if let value = node["multipleOf"] {
            if let token = numberToken(value), let divisor = Optional(token.withByteView { JSONDecimal($0) }), divisor.isExact,
                !divisor.isZero, !divisor.isNegative
            {
                builder.divisors.append(divisor)
                builder.divisorTexts.append(token)
                rule.multipleOf = Int32(builder.divisors.count)
            } else {
                invalid("multipleOf", value, "a number greater than 0 of at most 19 digits")
            }
        }
        if options.assertsFormats, !types.isDisjoint(with: [.number, .integer]) {
            switch node["format"]?.string {
            case "int32": rule.format = .int32
            case "int64": rule.format = .int64
            default: break
            }
        }
        guard rule.minimum.isSet || rule.maximum.isSet || rule.multipleOf > 0 || rule.format != nil else { return -1 }
        builder.numbers.append(rule)
        return Int32(builder.numbers.count - 1)
    }

    /// A bound from the inclusive and the exclusive keyword, which in OpenAPI 3.0 is a boolean beside it.
    private func bound(
        _ inclusive: String, _ exclusive: String, of node: SourceNode, tighter: (Double, Double) -> Bool
    ) -> NumberRule.Bound {
        var bound = NumberRule.Bound()
        if let value = node[inclusive] { bound = limit(inclusive, value, isExclusive: false) }
        guard let value = node[exclusive] else { return bound }
        if options.dialect == .oas30 {
            if value.bool == nil { invalid(exclusive, value, "true or false") }
            bound.isExclusive = value.bool == true
            return bound
        }
        let other = limit(exclusive, value, isExclusive: true)
        if !bound.isSet || other.double == bound.double || tighter(other.double, bound.double) { return other }
        return bound
    }

    private func limit(_ keyword: String, _ node: SourceNode, isExclusive: Bool) -> NumberRule.Bound {
        guard let token = numberToken(node), let double = token.withByteView({ JSONNumber.double($0) }) else {
            invalid(keyword, node, "a finite number")
            return NumberRule.Bound()
        }
        var bound = NumberRule.Bound(isSet: true, isExclusive: isExclusive, double: double)
        // From 2^53 on a double may stand for a neighbour of what is written.
        let exact = abs(double) < 0x1p53 ? Int64(exactly: double) : node.integer
        if let exact { (bound.isInteger, bound.integer) = (true, exact) }
        return bound
    }

    /// The number as a token of JSON: as written where that is one, so that no digit is lost.
    func numberToken(_ node: SourceNode) -> String? {
        guard let value = node.double else { return nil }
        if let text = node.text, Self.isNumber(text) { return text }
        if let integer = node.integer { return String(integer) }
        return value.isFinite ? "\(value)" : nil
    }

    private static func isNumber(_ text: String) -> Bool {
        let tape = JSONTape()
        return Array(text.utf8).withByteView { tape.parse($0) == nil && tape.kind(0) == .number && tape.raw(0).count == $0.count }
    }

    /// A non-negative whole number, however it is written; values beyond 32 bits are cut.
    func count(_ keyword: String, of node: SourceNode) -> Int32? {
        guard let value = node[keyword] else { return nil }
        guard let token = numberToken(value), let exact = token.withByteView({ JSONNumber.integer($0) }),
            !exact.isNegative || exact.magnitude == 0
        else {
            invalid(keyword, value, "a whole number of at least 0")
            return nil
        }
        return Int32(clamping: exact.magnitude)
    }

    /// A list of at least one schema.
    func list(_ keyword: String, _ node: SourceNode) -> Run {
        guard let elements = node.elements, !elements.isEmpty else {
            invalid(keyword, node, "a list of at least one schema")
            return Run()
        }
        return builder.add(list: elements.map { schema($0) })
    }
}
