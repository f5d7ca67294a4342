import Bytes
import Documents
import JSON

extension SchemaCompiler {
    func stringRule(of site: SchemaSite) -> Int32 {
        var rule = StringRule()
        rule.minLength = count("minLength", of: site) ?? 0
        rule.maxLength = count("maxLength", of: site) ?? .max
        if let value = site["pattern"] {
            if let source = value.string { rule.pattern = pattern(source, value) } else { invalid("pattern", value, "a string") }
        }
        if assertsFormats(site), let value = site["format"] {
            let name = value.string ?? ""
            rule.format = SchemaFormat(rawValue: name)
            if SchemaFormat.unchecked.contains(name) {
                warning(value, "schema-format-unchecked", "the format \(name) is not checked yet; values of any form pass")
            }
        }
        if options.assertsContent { rule.content = content(of: site) }
        guard
            rule.minLength > 0 || rule.maxLength < .max || rule.pattern >= 0 || rule.format != nil || rule.content != nil
        else { return -1 }
        builder.strings.append(rule)
        return Int32(builder.strings.count - 1)
    }

    private func assertsFormats(_ site: SchemaSite) -> Bool {
        options.assertsFormats || site.vocabularies.contains(.formatAssertion)
    }

    /// The entry of a regular expression in the table of patterns, each there once.
    func pattern(_ source: String, _ node: SourceNode) -> Int32 {
        if let known = patterns[source] { return known }
        let index = Int32(builder.patterns.count)
        patterns[source] = index
        if let pattern = SchemaPattern(source) {
            builder.patterns.append(pattern)
        } else {
            patterns[source] = -1
            error(node, "schema-pattern-invalid", "the pattern is no regular expression; correct it")
        }
        return patterns[source] ?? -1
    }

    private func content(of site: SchemaSite) -> ContentRule? {
        var rule = ContentRule()
        if let value = site["contentEncoding"], let name = value.string?.lowercased() {
            rule.encoding = ContentEncoding(rawValue: name)
            if rule.encoding == nil, name != "7bit", name != "8bit", name != "binary" {
                warning(value, "schema-content-unchecked", "the encoding \(name) is not checked; values of any form pass")
            }
        }
        if let type = site["contentMediaType"]?.string?.lowercased().prefix(while: { $0 != ";" }) {
            rule.isJSON = type == "application/json" || type.hasSuffix("+json")
            if rule.isJSON, let value = site["contentSchema"] { rule.schema = schema(value, of: site) }
        }
        return rule.encoding == nil && !rule.isJSON ? nil : rule
    }

    func numberRule(of site: SchemaSite, types: TypeSet) -> Int32 {
        var rule = NumberRule()
        rule.minimum = bound("minimum", "exclusiveMinimum", of: site, tighter: 1)
        rule.maximum = bound("maximum", "exclusiveMaximum", of: site, tighter: -1)
        if let value = site["multipleOf"] {
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
        if assertsFormats(site), !types.isDisjoint(with: [.number, .integer]) {
            switch site["format"]?.string {
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
    ///
    /// - Parameter tighter: the sign of a tighter bound compared with a looser one.
    private func bound(_ inclusive: String, _ exclusive: String, of site: SchemaSite, tighter: Int) -> NumberRule.Bound {
        let bound = site[inclusive].map { limit(inclusive, $0, isExclusive: false) }
        guard let value = site[exclusive] else { return bound?.bound ?? NumberRule.Bound() }
        if site.dialect == .oas30 {
            if value.bool == nil { invalid(exclusive, value, "true or false") }
            var bound = bound?.bound ?? NumberRule.Bound()
            bound.isExclusive = value.bool == true
            return bound
        }
        let other = limit(exclusive, value, isExclusive: true)
        guard let bound, bound.bound.isSet, other.bound.isSet else { return other.bound }
        let order = other.text.withByteView { other in bound.text.withByteView { JSONNumber.compare(other, $0) } }
        return order == 0 || order.signum() == tighter ? other.bound : bound.bound
    }

    private func limit(_ keyword: String, _ node: SourceNode, isExclusive: Bool) -> (bound: NumberRule.Bound, text: String) {
        guard let token = numberToken(node) else {
            invalid(keyword, node, "a finite number")
            return (NumberRule.Bound(), "0")
        }
        var bound = NumberRule.Bound(isSet: true, isExclusive: isExclusive, token: builder.add(text: token))
        if let exact = token.withByteView({ JSONNumber.int64($0) }) { (bound.isInteger, bound.integer) = (true, exact) }
        return (bound, token)
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
    func count(_ keyword: String, of site: SchemaSite) -> Int32? {
        guard let value = site[keyword] else { return nil }
        guard let token = numberToken(value), let exact = Optional(token.withByteView { JSONDecimal($0) }),
            exact.isIntegral, !exact.isNegative
        else {
            invalid(keyword, value, "a whole number of at least 0")
            return nil
        }
        return token.withByteView { Int32(clamping: JSONNumber.integer($0)?.magnitude ?? .max) }
    }
}
