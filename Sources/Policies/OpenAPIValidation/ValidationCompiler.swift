import Bytes
public import Documents
import HTTPSemantics
import JSONSchema
public import OpenAPI

/// Compiles what a document says of requests and answers.
public enum ValidationCompiler {
    /// A validator for each operation of the document, in its order.
    ///
    /// Collects every finding; there are validators exactly when none of them is an error. What the document's own loading
    /// found is not repeated.
    public static func compile(
        _ document: OpenAPIDocument, options: ValidationOptions = ValidationOptions()
    ) -> (validators: [OperationValidator]?, findings: [Finding]) {
        compile(document) { _ in options }
    }

    /// The same with options for each operation, by its index.
    public static func compile(
        _ document: OpenAPIDocument, options: (Int) -> ValidationOptions
    ) -> (validators: [OperationValidator]?, findings: [Finding]) {
        let compiler = DocumentCompiler(document)
        let drafts = document.operations.enumerated().map { compiler.draft($1, options($0)) }
        guard let table = compiler.finish() else { return (nil, compiler.findings.all) }
        return (drafts.map { OperationValidator(table, $0) }, compiler.findings.all)
    }
}

/// What is known of an operation before the table is whole.
struct OperationDraft: Sendable {
    var parameters = Run()
    /// Whose names the query parameters have.
    var queryOwner: Int32 = 0
    var cookieOwner: Int32 = 0
    var hasQuery = false
    var hasCookies = false
    var hasBrackets = false
    /// The parameter, counted from the first, that takes the pairs of a query which no other is about; -1 for none.
    var openQuery = -1
    var openCookie = -1
    var refusesUnknown = false
    var hasBody = false
    var isBodyRequired = false
    var body = Run()
    /// The media type that stands for each message of a stream; -1 for none.
    var requestMessage = -1
    var responses: [ResponseRule] = []
    var checksResponses = false
    var responseMessage = -1
}

/// What an operation says of some of its answers.
struct ResponseRule: Sendable {
    var status: OpenAPIResponse.Status
    var headers = Run()
    /// Whether a body is spoken of at all.
    var hasContent = false
    var content = Run()
}

/// Gathers the rules and schemas of all operations of one document.
final class DocumentCompiler {
    let findings = FindingList()
    /// Those of the operation at hand.
    private(set) var options = ValidationOptions()
    let builder = ValidationBuilder()
    let shapes: ShapeReader
    private let document: OpenAPIDocument
    private var schemas: [SchemaDirection: Schemas] = [:]
    /// Rules by the object they were compiled from: one component serves many operations.
    private var media: [MediaKey: MediaRule] = [:]
    private var reported: Set<ObjectIdentifier> = []

    private struct Schemas {
        var nodes: [SourceNode] = []
        var entries: [ObjectIdentifier: Int32] = [:]
    }

    private struct MediaKey: Hashable {
        let node: ObjectIdentifier
        let type: String
        let isResponse: Bool
    }

    init(_ document: OpenAPIDocument) {
        self.document = document
        shapes = ShapeReader(document, builder)
    }

    /// The entry that a schema has in the program of its direction; -1 for none.
    func entry(_ schema: SourceNode?, _ direction: SchemaDirection) -> Int32 {
        guard let schema else { return -1 }
        var known = schemas[direction] ?? Schemas()
        if let entry = known.entries[ObjectIdentifier(schema)] { return entry }
        let entry = Int32(known.nodes.count)
        known.nodes.append(schema)
        known.entries[ObjectIdentifier(schema)] = entry
        schemas[direction] = known
        return entry
    }

    /// Compiles the schemas; nil when there is an error among the findings.
    func finish() -> ValidationTable? {
        let dialect: SchemaDialect = document.version == .v3_0 ? .oas30 : .oas31
        let bundle = document.bundle
        let library = SchemaLibrary(dialect: dialect, documents: bundle.files) { bundle.target(of: $0) }
        var programs: [SchemaDirection: SchemaProgram] = [:]
        var seen: Set<Finding> = []
        for direction in [SchemaDirection.request, .response] {
            guard let known = schemas[direction], !known.nodes.isEmpty else { continue }
            let options = SchemaOptions(dialect: dialect, direction: direction)
            let (program, found) = SchemaProgram.compile(known.nodes, options: options, library: library)
            programs[direction] = program
            // Both directions find the same wrong.
            for finding in found where seen.insert(finding).inserted { findings.report(finding) }
        }
        findings.report(library.findings)
        if findings.hasErrors { return nil }
        return ValidationTable(builder, request: programs[.request], response: programs[.response])
    }

    // MARK: Operations

    func draft(_ operation: OpenAPIOperation, _ options: ValidationOptions) -> OperationDraft {
        self.options = options
        var draft = OperationDraft()
        if options.checksRequests {
            addParameters(of: operation, to: &draft)
            if let body = operation.requestBody {
                draft.hasBody = true
                draft.isBodyRequired = body.isRequired
                draft.requestMessage = message(options.requestMessage, .request)
                if draft.requestMessage < 0 { draft.body = add(body.content, .request) }
            }
        }
        if options.checksResponses { draft.responseMessage = message(options.responseMessage, .response) }
        draft.checksResponses = options.checksResponses && !operation.responses.isEmpty && draft.responseMessage < 0
        if draft.checksResponses {
            for response in operation.responses {
                draft.responses.append(
                    ResponseRule(
                        status: response.match, headers: addHeaders(response.headers, .response),
                        hasContent: response.content != nil, content: add(response.content ?? [], .response)))
            }
        }
        return draft
    }

    /// Reports a warning about a node once, however many operations share it.
    func warn(_ code: String, at node: SourceNode, _ message: String) {
        if reported.insert(ObjectIdentifier(node)).inserted { findings.warning(code, at: node, message) }
    }

    // MARK: Media types

    private func message(_ schema: SourceNode?, _ direction: SchemaDirection) -> Int {
        guard let schema else { return -1 }
        var rule = MediaRule(type: .empty, subtype: .empty)
        rule.entry = entry(schema, direction)
        builder.media.append(rule)
        return builder.media.count - 1
    }

    private func add(_ content: [OpenAPIMediaType], _ direction: SchemaDirection) -> Run {
        let rules = content.map { media($0, direction) }
        let start = builder.media.count
        builder.media += rules
        return Run(start: Int32(start), count: Int32(rules.count))
    }

    private func media(_ type: OpenAPIMediaType, _ direction: SchemaDirection) -> MediaRule {
        let key = MediaKey(node: ObjectIdentifier(type.node), type: type.mediaType, isResponse: direction == .response)
        if let known = media[key] { return known }
        var rule = parsed(type.mediaType)
        let isForm = type.mediaType.hasPrefix("multipart/form-data") || type.mediaType.hasPrefix("application/x-www-form-url")
        if type.mediaType.hasPrefix("multipart/"), !isForm, type.schema != nil {
            warn("unchecked-body", at: type.node, "of \(type.mediaType) only the media type is checked")
        }
        if let schema = type.schema {
            rule.entry = entry(schema, direction)
            rule.checksText = shapes.asksOfText(schema)
            if isForm, direction == .request { addForm(type, to: &rule) }
        }
        media[key] = rule
        return rule
    }

    private func parsed(_ text: String) -> MediaRule {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        let names = parts[0].filter { $0 != " " }.split(separator: "/", maxSplits: 1).map(String.init)
        var rule = MediaRule(type: .empty, subtype: .empty)
        guard names.count == 2 else { return rule }
        if names[0] != "*" { rule.type = builder.add(names[0]) }
        rule.isSuffix = names[1].hasPrefix("*+")
        if names[1] != "*" { rule.subtype = builder.add(rule.isSuffix ? String(names[1].dropFirst()) : names[1]) }
        rule.parameters.start = Int32(builder.mediaParameters.count)
        for part in parts.dropFirst() {
            let halves = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\"" } }
            guard halves.count == 2 else { continue }
            builder.mediaParameters.append(MediaParameter(name: builder.add(halves[0]), value: builder.add(halves[1])))
            rule.parameters.count += 1
        }
        let name = names.joined(separator: "/")
        if parts.count == 1, name.withByteView({ ContentType($0)?.isJSON ?? false }) { rule.json = builder.add(name) }
        return rule
    }

    private func addForm(_ type: OpenAPIMediaType, to rule: inout MediaRule) {
        let isMultipart = type.mediaType.hasPrefix("multipart/")
        let members = shapes.members(of: type.schema)
        let encodings = Dictionary(type.encodings.map { ($0.property, $0) }, uniquingKeysWith: { first, _ in first })
        for encoding in type.encodings where !members.contains(where: { $0.name == encoding.property }) {
            warn(
                "unknown-encoding", at: encoding.node,
                "the schema has no property \"\(encoding.property)\"; add it or remove the encoding")
        }
        // Headers of parts are rules of their own and may not lie between those of the members.
        let rules = members.map { member(named: $0.name, $0.schema, encodings[$0.name], isMultipart: isMultipart) }
        rule.owner = builder.newOwner()
        rule.shape = shapes.shape(of: type.schema)
        rule.members = Run(start: Int32(builder.rules.count), count: Int32(rules.count))
        for (index, member) in rules.enumerated() {
            builder.add(members[index].name, of: rule.owner, Int32(index))
            if member.style == .deepObject { rule.hasBrackets = true }
        }
        builder.rules += rules
    }

    private func member(
        named name: String, _ schema: SourceNode, _ encoding: OpenAPIEncoding?, isMultipart: Bool
    ) -> ValueRule {
        var rule = ValueRule(name: builder.add(name), place: isMultipart ? .part : .form)
        rule.shape = shapes.shape(of: schema)
        rule.form = .plain
        guard let encoding else { return rule }
        if let style = encoding.style {
            rule.form = .styled
            rule.style = style
            rule.explodes = encoding.explodes || style == .deepObject
            rule.allowsReserved = encoding.allowsReserved
            checkStructure(style, rule.shape, named: name, at: encoding.node)
        }
        if isMultipart {
            let types = encoding.contentTypes.map(parsed)
            rule.mediaTypes = Run(start: Int32(builder.media.count), count: Int32(types.count))
            builder.media += types
            rule.headers = addHeaders(encoding.headers, .request)
        }
        return rule
    }
}
