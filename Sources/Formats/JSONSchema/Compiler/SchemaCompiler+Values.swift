import Bytes
import Documents
import JSON
import Patterns
import StringFormats

extension SchemaCompiler {
    /// - Parameter general: the general rule, of which strings are asked what concerns them alone.
    func stringRule(of site: SchemaSite, _ general: Int32) -> Int32 {
        var rule = StringRule()
        rule.minLength = count("minLength", of: site) ?? 0
        rule.maxLength = count("maxLength", of: site) ?? .max
        if let value = site["pattern"] {
            if let source = value.string { rule.pattern = pattern(source, value) } else { invalid("pattern", value, "a string") }
        }
        if assertsFormats(site), let value = site["format"] {
            rule.format = StringFormat(value.string ?? "")
            checkFormat(value)
        }
        if options.assertsContent { rule.content = content(of: site) }
        if general >= 0, builder.generals[Int(general)].isTextsOnly {
            rule.isListed = true
            rule.texts = builder.generals[Int(general)].texts
        }
        rule.sufficientBytes = rule.minLength <= 1 ? Int(rule.minLength) : Int(rule.minLength) * 4
        rule.hasMore = rule.pattern >= 0 || rule.format != nil || rule.content != nil || rule.isListed
        guard rule.hasMore || rule.minLength > 0 || rule.maxLength < .max else { return -1 }
        builder.strings.append(rule)
        return Int32(builder.strings.count - 1)
    }

    private func assertsFormats(_ site: SchemaSite) -> Bool {
        options.assertsFormats || site.vocabularies.contains(.formatAssertion)
    }

    private static let knownFormats = Set(
        StringFormat.allCases.map(\.rawValue) + StringFormat.ofNumbers + StringFormat.withoutRule)

    /// Any name may be a format; one that is nearly a known one is a slip of the pen.
    private func checkFormat(_ node: SourceNode) {
        let name = node.string ?? ""
        // Searching for what was meant takes time, which a document full of names must not have.
        guard !Self.knownFormats.contains(name), unknownFormats.insert(name).inserted,
            unknownFormats.count <= FindingList.maximumCount,
            let meant = Suggestion.nearest(to: name, among: Self.knownFormats.sorted())
        else {
            return
        }
        warning(
            node, "schema-format-unknown", "the format \(name) is not known, so that it is not checked; did you mean \(meant)?")
    }

    /// The entry of a regular expression in the table of patterns, each there once.
    func pattern(_ source: String, _ node: SourceNode) -> Int32 {
        if let known = patterns[source] { return known }
        guard patterns.count < Self.mostPatterns, patternBytes < Self.mostPatternBytes else {
            error(
                node, "schema-too-large",
                "there are more than \(Self.mostPatterns) patterns, or they are too large; split the document")
            patterns[source] = -1
            return -1
        }
        do throws(PatternError) {
            let pattern = try Pattern.compile(source)
            patterns[source] = Int32(builder.patterns.count)
            builder.patterns.append(pattern)
            patternBytes += pattern.byteCount
            if let hazard = pattern.hazard {
                let here =
                    pattern.isLinear
                    ? "; here it takes no longer than any other" : "; a match that takes too long refuses the value"
                warning(node, "schema-pattern-hazard", "at byte \(hazard.offset) of the pattern: \(hazard.message)\(here)")
            }
        } catch {
            patterns[source] = -1
            self.error(node, "schema-pattern-invalid", "at byte \(error.offset) of the pattern: \(error.message)")
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
            rule.format = site["format"]?.string.flatMap { NumberFormat(rawValue: $0) }
        }
        setRange(of: &rule)
        guard rule.minimum.isSet || rule.maximum.isSet || rule.multipleOf > 0 || rule.format != nil else { return -1 }
        builder.numbers.append(rule)
        return Int32(builder.numbers.count - 1)
    }

    /// Notes the integers within the bounds, where these are integers too and there are no other rules.
    private func setRange(of rule: inout NumberRule) {
        guard rule.multipleOf == 0, rule.format == nil, !rule.minimum.isSet || rule.minimum.isInteger,
            !rule.maximum.isSet || rule.maximum.isInteger
        else { return }
        if rule.minimum.isSet { rule.lowest = rule.minimum.integer }
        if rule.maximum.isSet { rule.highest = rule.maximum.integer }
        // At the end of what 64 bits hold an exclusive bound leaves no integer, which the other way of checking finds.
        if rule.minimum.isExclusive, rule.lowest < .max { rule.lowest += 1 }
        if rule.maximum.isExclusive, rule.highest > .min { rule.highest -= 1 }
        rule.isRange = true
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
        let beyond = token.hasPrefix("-") ? -Double.infinity : .infinity
        bound.double = token.withByteView { JSONNumber.double($0) } ?? beyond
        if let exact = token.withByteView({ JSONNumber.int64($0) }) { (bound.isInteger, bound.integer) = (true, exact) }
        return (bound, token)
    }

    /// The number as a token of JSON: as written where that is one, so that no digit is lost.
    func numberToken(_ node: SourceNode) -> String? {
        guard let value = node.double else { return nil }
        if let text = node.text, isNumber(text) { return text }
        if let integer = node.integer { return String(integer) }
        return value.isFinite ? "\(value)" : nil
    }

    private func isNumber(_ text: String) -> Bool {
        text.withByteView {
            tokenTape.parse($0) == nil && tokenTape.kind(0) == .number && tokenTape.raw(0).count == $0.count
        }
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
