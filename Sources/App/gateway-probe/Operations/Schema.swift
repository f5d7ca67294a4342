import Bytes
import Documents
import JSON
import JSONSchema

/// `schema`: a value, or several, held against a schema.
func schema(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    let options = SchemaOptions(
        dialect: try dialect(arguments), direction: try direction(arguments), assertsFormats: try arguments.flag("formats"),
        assertsContent: try arguments.flag("content"), refusesForeignMembers: try arguments.flag("refuseForeign"))
    var documents = ["schema.json": try read(try arguments.required("schema").raw, "schema.json")]
    for (uri, schema) in arguments["remotes"]?.entries ?? [] { documents[uri] = try read(schema.raw, uri) }
    let library = SchemaLibrary(dialect: options.dialect, documents: documents)
    let roots = [documents["schema.json"]].compactMap(\.self)
    let (program, found) = SchemaProgram.compile(roots, options: options, library: library)
    let findings = library.findings + found
    guard let program else {
        return ["refused": .list(findings.filter { $0.severity == .error }.map { .text($0.description) })]
    }
    let tape = JSONTape()
    let scratch = SchemaScratch()
    if let instances = arguments["instances"] {
        var verdicts: [Answer] = []
        for instance in instances.elements {
            verdicts.append(.bool(try errors(of: instance.raw, program, tape, scratch).isEmpty))
        }
        return ["valid": .list(verdicts)]
    }
    let errors = try errors(of: try arguments.instance(), program, tape, scratch)
    return ["valid": .bool(errors.isEmpty), "errors": .list(errors.map(answer))]
}

private func errors(
    of instance: [UInt8], _ program: SchemaProgram, _ tape: JSONTape, _ scratch: SchemaScratch
) throws(ProbeFault) -> [SchemaError] {
    try instance.withByteView { view throws(ProbeFault) in
        if let fault = tape.parse(view) { throw ProbeFault("instance: \(fault.code.rawValue)") }
        return program.validate(tape, scratch: scratch)
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

private func direction(_ arguments: Arguments) throws(ProbeFault) -> SchemaDirection {
    switch arguments["direction"]?.text ?? "either" {
    case "either": return .either
    case "request": return .request
    case "response": return .response
    default: throw ProbeFault("\"direction\" must be request, response or either")
    }
}

extension Arguments {
    /// The value to check; null is one.
    fileprivate func instance() throws(ProbeFault) -> [UInt8] {
        guard let index = tape.member(of: node, named: "instance") else { throw ProbeFault("\"instance\" is missing") }
        return Arguments(tape: tape, node: index).raw
    }
}

private func read(_ text: [UInt8], _ file: String) throws(ProbeFault) -> SourceNode {
    switch SourceDocument.parse(text: text, file: file) {
    case .success(let node): return node
    case .failure(let findings): throw ProbeFault("\(findings.first?.description ?? file)")
    }
}
