import Bytes
import Documents
import JSON

extension SchemaCompiler {
    func generalRule(of site: SchemaSite) -> Int32 {
        var rule = GeneralRule()
        rule.isTracked = site.isMarked
        var all: [Int32] = []
        if let value = site["$ref"] { all.append(reference(value, of: site, isDynamic: false)) }
        if let value = site["$dynamicRef"] { all.append(reference(value, of: site, isDynamic: true)) }
        all += list("allOf", of: site)
        rule.all = builder.add(list: all.filter { $0 != Schema.any })
        rule.anyOf = builder.add(list: list("anyOf", of: site))
        rule.oneOf = builder.add(list: list("oneOf", of: site))
        // What is inverted looks at nothing (JSON Schema Core section 10.2.1.4).
        if let value = site["not"] { rule.not = schema(value, of: site) }
        if let value = site["enum"] { addEnum(value, to: &rule) }
        if let value = site["const"] { rule.constant = addConstant(value) }
        if let value = site["if"] {
            rule.condition = inPlace(value, of: site)
            if let value = site["then"] { rule.then = inPlace(value, of: site) }
            if let value = site["else"] { rule.otherwise = inPlace(value, of: site) }
            if rule.then == Schema.any, rule.otherwise == Schema.any, !site.isMarked { rule.condition = Schema.absent }
        }
        if options.dialect != .draft2020 { rule.discriminator = discriminator(of: site, rule) }
        let isEmpty =
            rule.all.count == 0 && rule.anyOf.count == 0 && rule.oneOf.count == 0 && rule.not == Schema.absent && !rule.hasEnum
            && rule.constant < 0 && rule.condition == Schema.absent
        if isEmpty { return -1 }
        rule.isTextsOnly =
            rule.hasTextsOnly && rule.all.count == 0 && rule.anyOf.count == 0 && rule.oneOf.count == 0
            && rule.not == Schema.absent && rule.constant < 0 && rule.condition == Schema.absent
        builder.generals.append(rule)
        return Int32(builder.generals.count - 1)
    }

    /// The schemas of a keyword that is a list of at least one; none when it is absent.
    private func list(_ keyword: String, of site: SchemaSite) -> [Int32] {
        guard let value = site[keyword] else { return [] }
        return schemas(keyword, value).map { inPlace($0, of: site) }
    }

    /// The elements of a list of at least one schema.
    func schemas(_ keyword: String, _ node: SourceNode) -> [SourceNode] {
        if let elements = node.elements, !elements.isEmpty { return elements }
        invalid(keyword, node, "a list of at least one schema")
        return []
    }

    private func addEnum(_ node: SourceNode, to rule: inout GeneralRule) {
        guard let elements = node.elements else { return invalid("enum", node, "a list of values") }
        rule.hasEnum = true
        let texts = elements.compactMap(\.string)
        if texts.count == elements.count {
            rule.hasTextsOnly = true
            rule.texts = builder.add(names: texts.map { builder.property(named: $0) })
            return
        }
        rule.anyConstant.start = builder.constantCount
        for element in elements { addConstant(element) }
        rule.anyConstant.count = builder.constantCount - rule.anyConstant.start
    }

    /// Adds a value to the constants and answers its number.
    @discardableResult
    private func addConstant(_ node: SourceNode) -> Int32 {
        guard node.height <= Self.mostDepth else {
            error(node, "schema-too-deep", "the value is nested deeper than \(Self.mostDepth); flatten it")
            return -1
        }
        guard builder.constants.count < Self.mostTextBytes else {
            error(node, "schema-too-large", "the constants have more than \(Self.mostTextBytes) bytes; split the document")
            return -1
        }
        if builder.constantCount > 0 { builder.constants.append(UInt8(ascii: ",")) }
        write(node)
        builder.constantCount += 1
        return builder.constantCount - 1
    }

    /// Writes a value as JSON. Its nesting and its nodes are bounded by the document's.
    private func write(_ node: SourceNode) {
        let writer = builder.constants
        switch node.kind {
        case .scalar(.null): writer.append("null")
        case .scalar(.bool(let value)): writer.append(value ? "true" : "false")
        case .scalar(.string(let value)): writer.append(jsonString: value)
        case .scalar(.integer), .scalar(.double):
            let token = numberToken(node)
            if token == nil { invalid("a constant", node, "a value that JSON can write") }
            writer.append(utf8: token ?? "0")
        case .sequence(let elements):
            writer.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { writer.append(UInt8(ascii: ",")) }
                write(element)
            }
            writer.append(UInt8(ascii: "]"))
        case .mapping(let entries):
            writer.append(UInt8(ascii: "{"))
            for (index, entry) in entries.enumerated() {
                if index > 0 { writer.append(UInt8(ascii: ",")) }
                writer.append(jsonString: entry.key.text ?? "")
                writer.append(UInt8(ascii: ":"))
                write(entry.value)
            }
            writer.append(UInt8(ascii: "}"))
        }
    }
}
