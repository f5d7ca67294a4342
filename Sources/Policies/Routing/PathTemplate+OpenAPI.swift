extension PathTemplate {
    /// The template of an OpenAPI path: each `{name}` is one whole segment.
    ///
    /// A colon in the last segment splits off a verb (`/tasks/{id}:cancel`), as `google.api.http` writes it. A last segment may
    /// be empty: `/tasks/` and `/tasks` are different paths. Refused: a segment that mixes text and parameters, dot segments.
    /// - Parameters:
    ///   - prefix: literal base path put in front, without a slash at its end; empty for none.
    ///   - patterns: by parameter, the segments it spans instead of one, as `google.api.http` writes them: `shelves/*`, `**`.
    public init(openAPI path: String, prefix: String = "", patterns: [String: String] = [:]) throws(TemplateFault) {
        self.init(segments: [], verb: nil, variables: [])
        let whole = prefix + path
        guard whole.utf8.count <= PathTemplateParser.maximumBytes else {
            throw TemplateFault(
                code: "template-too-long", offset: 0, message: "the path is longer than \(PathTemplateParser.maximumBytes) bytes")
        }
        guard whole.utf8.first == UInt8(ascii: "/") else {
            throw TemplateFault(code: "template-syntax", offset: 0, message: "a path starts with \"/\"")
        }
        guard whole != "/" else { return }
        let parts = Array(whole.utf8).dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            try append(part, offset: part.startIndex, isLast: index == parts.count - 1, patterns)
        }
        anchorVariables()
    }

    private mutating func append(
        _ part: ArraySlice<UInt8>, offset: Int, isLast: Bool, _ patterns: [String: String]
    ) throws(TemplateFault) {
        func fault(_ code: String, _ message: String) -> TemplateFault {
            TemplateFault(code: code, offset: offset, message: message)
        }
        var part = part
        if isLast, let colon = part.lastIndex(of: UInt8(ascii: ":")), colon > part.startIndex, colon + 1 < part.endIndex,
            part[colon...].firstIndex(of: UInt8(ascii: "}")) == nil
        {
            guard let word = LiteralSegment.normalised(part[(colon + 1)...]) else {
                throw fault("template-encoding", "\"%\" must be followed by two hexadecimal digits")
            }
            verb = word
            part = part[..<colon]
        }
        let text = String(decoding: part, as: UTF8.self)
        if let name = Self.parameter(part) {
            guard !variables.contains(where: { $0.field == name }) else {
                throw fault("duplicate-variable", "the parameter \"\(name)\" stands twice in the path; rename one")
            }
            guard !segments.contains(.rest) else { throw fault("template-after-rest", "only literal segments may follow \"**\"") }
            guard let spanned = Self.segments(patterns[name] ?? "*") else {
                throw fault("segment-pattern", "\"\(patterns[name] ?? "")\" must be segments such as shelves/* or **")
            }
            let isMultiSegment = spanned.count > 1 || spanned.contains(.rest)
            variables.append(
                Variable(
                    field: name, start: segments.count, end: segments.count + spanned.count, isMultiSegment: isMultiSegment))
            segments += spanned
            return
        }
        if part.contains(UInt8(ascii: "{")) || part.contains(UInt8(ascii: "}")) {
            throw fault(
                "mixed-segment", "the segment \"\(text)\" must be a literal or one whole {parameter}; split it in the path")
        }
        if part.contains(UInt8(ascii: "?")) || part.contains(UInt8(ascii: "#")) {
            throw fault("template-syntax", "a path has no query and no fragment; remove what follows \"?\" or \"#\"")
        }
        if part.isEmpty, !isLast { throw fault("empty-segment", "a path has no empty segment but a last one; remove one \"/\"") }
        guard let literal = LiteralSegment.normalised(part) else {
            throw fault("template-encoding", "\"%\" must be followed by two hexadecimal digits")
        }
        if LiteralSegment.isUnreachable(literal) {
            throw fault("template-dot-segment", "\".\" and \"..\" never reach a route; request paths have them resolved")
        }
        segments.append(.literal(literal))
    }

    /// The segments of a pattern, read by the grammar of `google.api.http`; nil when it is none.
    private static func segments(_ pattern: String) -> [Segment]? {
        guard let template = try? PathTemplate(httpRule: "/{pattern=\(pattern)}"), template.verb == nil,
            template.variables.count == 1, template.variables[0].start == 0,
            template.variables[0].end == (template.variables[0].spansRest ? -1 : template.segments.count)
        else { return nil }
        return template.segments
    }

    private static func parameter(_ part: ArraySlice<UInt8>) -> String? {
        guard part.count > 2, part.first == UInt8(ascii: "{"), part.last == UInt8(ascii: "}") else { return nil }
        let name = part.dropFirst().dropLast()
        guard !name.contains(UInt8(ascii: "{")), !name.contains(UInt8(ascii: "}")) else { return nil }
        return String(decoding: name, as: UTF8.self)
    }
}
