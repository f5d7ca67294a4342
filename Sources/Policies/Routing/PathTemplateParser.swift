extension PathTemplate {
    /// The template of a `google.api.http` rule: `/v1/{name=shelves/*}/books/{book}:verb`.
    ///
    /// The grammar is the one of google/api/http.proto; `**` may be followed by literals, as its reference matcher allows.
    public init(httpRule text: String) throws(TemplateFault) {
        var parser = PathTemplateParser(text)
        self = try parser.parse()
    }
}

/// Reads the grammar of google/api/http.proto from left to right.
///
///     Template = "/" [ Segments ] [ Verb ] ;    Segments = Segment { "/" Segment } ;    Verb = ":" LITERAL ;
///     Segment  = "*" | "**" | LITERAL | Variable ;    Variable = "{" FieldPath [ "=" Segments ] "}" ;
struct PathTemplateParser {
    /// Longest template in bytes; request targets are bounded far below.
    static let maximumBytes = 4096

    private let bytes: [UInt8]
    private var at = 0
    private var template = PathTemplate(segments: [], verb: nil, variables: [])

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func parse() throws(TemplateFault) -> PathTemplate {
        guard bytes.count <= Self.maximumBytes else {
            throw fault("template-too-long", "the template is longer than \(Self.maximumBytes) bytes")
        }
        guard take("/") else { throw fault("template-syntax", "a template starts with \"/\"") }
        if at == bytes.count { return template }
        try segments(inVariable: false)
        if take(":") { template.verb = try literal("a verb") }
        guard at == bytes.count else { throw fault("template-syntax", "expected \"/\", \":\" or the end here") }
        template.anchorVariables()
        return template
    }

    private mutating func segments(inVariable: Bool) throws(TemplateFault) {
        repeat { try segment(inVariable: inVariable) } while take("/")
    }

    private mutating func segment(inVariable: Bool) throws(TemplateFault) {
        let followsRest = template.segments.contains(.rest)
        if peek == UInt8(ascii: "{") {
            if inVariable { throw fault("template-syntax", "a variable cannot stand inside another one") }
            return try variable()
        }
        if peek == UInt8(ascii: "*") {
            if followsRest { throw fault("template-after-rest", "only literal segments may follow \"**\"") }
            at += 1
            template.segments.append(take("*") ? .rest : .single)
        } else {
            template.segments.append(.literal(try literal("a segment")))
        }
    }

    private mutating func variable() throws(TemplateFault) {
        let opening = at
        at += 1
        let field = try fieldPath()
        if template.variables.contains(where: { $0.field == field }) {
            at = opening
            throw fault("duplicate-variable", "the variable \"\(field)\" is bound twice; rename one")
        }
        let start = template.segments.count
        if take("=") {
            try segments(inVariable: true)
        } else {
            if template.segments.contains(.rest) {
                throw fault("template-after-rest", "only literal segments may follow \"**\"")
            }
            template.segments.append(.single)
        }
        guard take("}") else { throw fault("template-syntax", "expected \"}\" here") }
        let spanned = template.segments[start...]
        template.variables.append(
            PathTemplate.Variable(
                field: field, start: start, end: template.segments.count,
                isMultiSegment: spanned.count > 1 || spanned.contains(.rest)))
    }

    private mutating func fieldPath() throws(TemplateFault) -> String {
        let start = at
        repeat {
            let first = at
            while let byte = peek, isIdentifier(byte, first: at == first) { at += 1 }
            if at == first { throw fault("template-syntax", "expected a field name: letters, digits and \"_\"") }
        } while take(".")
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func literal(_ noun: String) throws(TemplateFault) -> String {
        let start = at
        while let byte = peek, !isDelimiter(byte) { at += 1 }
        guard at > start else { throw fault("template-syntax", "expected \(noun) here") }
        guard let text = LiteralSegment.normalised(bytes[start..<at]) else {
            at = start
            throw fault("template-encoding", "\"%\" must be followed by two hexadecimal digits")
        }
        if LiteralSegment.isUnreachable(text) {
            at = start
            throw fault("template-dot-segment", "\".\" and \"..\" never reach a route; request paths have them resolved")
        }
        return text
    }

    private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private func isIdentifier(_ byte: UInt8, first: Bool) -> Bool {
        (byte | 0x20) &- 97 < 26 || byte == UInt8(ascii: "_") || (!first && byte &- 48 < 10)
    }

    private func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "*"), UInt8(ascii: "?"),
            UInt8(ascii: "#"):
            true
        default: byte <= 0x20 || byte == 0x7F
        }
    }

    private func fault(_ code: String, _ message: String) -> TemplateFault {
        TemplateFault(code: code, offset: at, message: "\(message) (byte \(at))")
    }
}
