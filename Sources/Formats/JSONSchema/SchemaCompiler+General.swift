import Bytes
import Documents
import JSON

extension SchemaCompiler {
    func generalRule(of node: SourceNode) -> Int32 {
        var rule = GeneralRule()
        if let value = node["$ref"] { rule.reference = reference(value) }
        if let value = node["allOf"] { rule.allOf = list("allOf", value) }
        if let value = node["anyOf"] { rule.anyOf = list("anyOf", value) }
        if let value = node["oneOf"] { rule.oneOf = list("oneOf", value) }
        if let value = node["not"] { rule.not = schema(value) }
        if let value = node["enum"] {
            if let elements = value.elements {
                rule.hasEnum = true
                rule.anyConstant.start = builder.constantCount
                for element in elements { addConstant(element) }
                rule.anyConstant.count = builder.constantCount - rule.anyConstant.start
            } else {
                invalid("enum", value, "a list of values")
            }
        }
        if options.dialect != .oas30 {
            if let value = node["const"] { rule.constant = addConstant(value) }
            if let value = node["if"] {
                rule.condition = schema(value)
                if let value = node["then"] { rule.then = schema(value) }
                if let value = node["else"] { rule.otherwise = schema(value) }
            }
        }
        let isEmpty =
            rule.reference == Schema.any && rule.allOf.count == 0 && rule.anyOf.count == 0 && rule.oneOf.count == 0
            && rule.not == Schema.never && !rule.hasEnum && rule.constant < 0 && rule.condition == GeneralRule.noCondition
        return isEmpty ? -1 : general { $0 = rule }
    }

    /// Adds a value to the constants and answers its number.
    @discardableResult
    private func addConstant(_ node: SourceNode) -> Int32 {
        guard node.height <= Self.mostDepth else {
            error(node, "schema-too-deep", "the value is nested deeper than \(Self.mostDepth); flatten it")
            return -1
        }
        if builder.constantCount > 0 { builder.constants.append(UInt8(ascii: ",")) }
        write(node)
        builder.constantCount += 1
        return builder.constantCount - 1
    }

    /// Writes a value as JSON. Its nesting is bounded by the document's.
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
