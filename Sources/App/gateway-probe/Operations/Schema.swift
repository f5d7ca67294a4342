import Bytes
import Documents
import JSON
import JSONSchema
import OpenAPI

/// `schema`: a value held against a schema.
func schema(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    let options = SchemaOptions(dialect: try dialect(arguments), assertsFormats: try arguments.flag("formats"))
    let documents = try SchemaDocuments(arguments)
    let (program, findings) = SchemaProgram.compile(documents.root, options: options, resolvingNode: documents.target)
    guard let program else {
        return ["refused": .list(findings.filter { $0.severity == .error }.map { .text($0.description) })]
    }
    let instance = try arguments.instance()
    let tape = JSONTape()
    return try instance.withByteView { view throws(ProbeFault) in
        if let fault = tape.parse(view) { throw ProbeFault("instance: \(fault.code.rawValue)") }
        let errors = program.validate(tape, scratch: SchemaScratch())
        return ["valid": .bool(errors.isEmpty), "errors": .list(errors.map(answer))]
    }
}

private func answer(_ error: SchemaError) -> Answer {
    .object([
        "instancePointer": .text(error.instancePointer), "schemaPointer": .text(error.schemaPointer),
        "keyword": .text(error.keyword),
    ])
}

private func dialect(_ arguments: Arguments) throws(ProbeFault) -> SchemaDialect {
    switch arguments["dialect"]?.text ?? "2020-12" {
    case "2020-12": return .draft2020
    case "oas3.0": return .oas30
    case "oas3.1": return .oas31
    default: throw ProbeFault("\"dialect\" must be 2020-12, oas3.0 or oas3.1")
    }
}

extension Arguments {
    /// The value to check; null is one.
    fileprivate func instance() throws(ProbeFault) -> [UInt8] {
        guard let index = tape.member(of: node, named: "instance") else { throw ProbeFault("\"instance\" is missing") }
        return Arguments(tape: tape, node: index).raw
    }
}

/// The schema and the remote ones it may name by their whole URIs.
private struct SchemaDocuments {
    let root: SourceNode
    private var remotes: [String: SourceNode] = [:]

    init(_ arguments: Arguments) throws(ProbeFault) {
        root = try Self.read(try arguments.required("schema").raw, "schema.json")
        for (uri, schema) in arguments["remotes"]?.entries ?? [] { remotes[uri] = try Self.read(schema.raw, uri) }
    }

    private static func read(_ text: [UInt8], _ file: String) throws(ProbeFault) -> SourceNode {
        switch SourceDocument.parse(text: text, file: file) {
        case .success(let node): return node
        case .failure(let findings): throw ProbeFault("\(findings.first?.description ?? file)")
        }
    }

    /// The node a `$ref` names; nil when there is none.
    func target(of reference: SourceNode) -> SourceNode? {
        let parts = (reference.string ?? "").split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let file = parts[0].isEmpty ? reference.file : String(parts[0])
        guard let document = file == root.file ? root : remotes[file] else { return nil }
        return DocumentBundle.node(at: parts.count > 1 ? String(parts[1]) : "", in: document)
    }
}
