import Bytes
import Documents
import HTTPSemantics
import JSONSchema
import OpenAPI

extension DocumentCompiler {
    /// Headers that parameters cannot describe (OpenAPI 3.1.1 section 4.8.12.1).
    private static let ignoredHeaders: FieldNameSet = [.accept, .contentType, .authorization]

    func addParameters(of operation: OpenAPIOperation, to draft: inout OperationDraft) {
        draft.queryOwner = builder.newOwner()
        draft.cookieOwner = builder.newOwner()
        draft.refusesUnknown = options.refusesUnknownParameters
        let checked = operation.parameters.filter { $0.location != .header || !isIgnored($0.name) }
        let rules = checked.map { rule($0, operation) }
        draft.parameters = Run(start: Int32(builder.rules.count), count: Int32(rules.count))
        builder.rules += rules
        // Parameters go before members of the same name.
        for (index, rule) in rules.enumerated() where !rule.takesNames(builder.shapes[Int(rule.shape)]) {
            addName(checked[index].name, of: rule, index, to: &draft)
        }
        for (index, rule) in rules.enumerated() where rule.place == .query || rule.place == .cookie {
            let shape = builder.shapes[Int(rule.shape)]
            guard rule.takesNames(shape) else { continue }
            addMembers(of: checked[index], rule, index, shape, to: &draft)
        }
    }

    private func isIgnored(_ name: String) -> Bool {
        let field = name.withByteView { FieldName(recognising: $0) }
        return Self.ignoredHeaders.contains(field) || field != .other && options.suppliedHeaders.contains(field)
    }

    private func addName(_ name: String, of rule: ValueRule, _ index: Int, to draft: inout OperationDraft) {
        switch rule.place {
        case .query:
            draft.hasQuery = true
            if rule.form == .styled, rule.style == .deepObject { draft.hasBrackets = true }
            builder.add(name, of: draft.queryOwner, Int32(index))
        case .cookie:
            draft.hasCookies = true
            builder.add(name, of: draft.cookieOwner, Int32(index))
        default: break
        }
    }

    /// The members of an exploded object are names of the query like any other.
    private func addMembers(
        of parameter: OpenAPIParameter, _ rule: ValueRule, _ index: Int, _ shape: TextShape, to draft: inout OperationDraft
    ) {
        let isQuery = rule.place == .query
        if isQuery { draft.hasQuery = true } else { draft.hasCookies = true }
        let owner = isQuery ? draft.queryOwner : draft.cookieOwner
        for (name, schema) in shapes.members(of: parameter.schema) {
            if builder.names.contains(name, of: owner) {
                warn(
                    "ambiguous-parameter", at: schema,
                    "another parameter has the name \"\(name)\" too and gets its values; rename one of them")
            }
            builder.add(name, of: owner, Int32(index))
        }
        guard shape.isOpen else { return }
        if (isQuery ? draft.openQuery : draft.openCookie) >= 0 {
            warn(
                "ambiguous-parameter", at: parameter.node,
                "two parameters take any name; only the first gets them: use the style deepObject for \"\(parameter.name)\"")
        } else if isQuery {
            draft.openQuery = index
        } else {
            draft.openCookie = index
        }
    }

    private func rule(_ parameter: OpenAPIParameter, _ operation: OpenAPIOperation) -> ValueRule {
        var rule = value(parameter, .request)
        if parameter.location == .path {
            rule.capture = operation.pathParameters.firstIndex(of: parameter.name) ?? -1
        }
        return rule
    }

    /// The headers of an answer or a part.
    func addHeaders(_ headers: [OpenAPIParameter], _ direction: SchemaDirection) -> Run {
        let rules = headers.map { value($0, direction) }
        let start = builder.rules.count
        builder.rules += rules
        return Run(start: Int32(start), count: Int32(rules.count))
    }

    private func value(_ parameter: OpenAPIParameter, _ direction: SchemaDirection) -> ValueRule {
        var rule = ValueRule(name: builder.add(parameter.name), place: place(parameter.location))
        rule.style = parameter.style
        rule.explodes = parameter.explodes || parameter.style == .deepObject
        rule.isRequired = parameter.isRequired
        rule.allowsReserved = parameter.allowsReserved
        rule.allowsEmptyValue = parameter.allowsEmptyValue
        if parameter.location == .header { rule.field = parameter.name.withByteView { FieldName(recognising: $0) } }
        guard let content = parameter.content else {
            rule.shape = shapes.shape(of: parameter.schema)
            rule.entry = entry(parameter.schema, direction)
            rule.isAnyText =
                !options.keepsValues && shapes.types(of: rule.shape) == .string && !shapes.asksOfText(parameter.schema)
            checkStructure(parameter.style, rule.shape, named: parameter.name, at: parameter.node)
            return rule
        }
        let isJSON = content.mediaType.withByteView { ContentType($0)?.isJSON ?? false }
        rule.form = isJSON ? .json : .opaque
        if isJSON || content.mediaType.hasPrefix("text/") {
            rule.entry = entry(content.schema, direction)
        } else if content.schema != nil {
            warn("unchecked-parameter", at: content.node, "a value of the type \(content.mediaType) is not checked")
        }
        return rule
    }

    private func place(_ location: OpenAPIParameter.Location) -> ValueRule.Place {
        switch location {
        case .path: .path
        case .query: .query
        case .header: .header
        case .cookie: .cookie
        }
    }

    /// Styles that OpenAPI has only for objects, or for objects and arrays.
    func checkStructure(_ style: OpenAPIParameter.Style, _ shape: Int32, named name: String, at node: SourceNode) {
        let types = shapes.types(of: shape)
        switch style {
        case .deepObject where !types.contains(.object):
            reportStyle(node, "\"\(name)\" has the style deepObject and is no object; use form")
        case .spaceDelimited where types.isDisjoint(with: .structures), .pipeDelimited where types.isDisjoint(with: .structures):
            reportStyle(node, "\"\(name)\" has the style \(style.rawValue) and is neither an array nor an object; use form")
        default: break
        }
    }

    private func reportStyle(_ node: SourceNode, _ message: String) {
        let finding = Finding(at: node["style"] ?? node, code: "parameter-style", message: message)
        if !findings.all.contains(finding) { findings.report(finding) }
    }
}
