import Bytes
import Documents
import JSON
import JSONSchema
import Testing

/// A schema text compiled with references into itself.
func compile(
    _ text: String, dialect: SchemaDialect = .draft2020, direction: SchemaDirection = .either, formats: Bool? = nil,
    content: Bool = false, refusesForeign: Bool = false
) throws -> (program: SchemaProgram?, findings: [Finding]) {
    let root = try SourceDocument.parse(text: Array(text.utf8), file: "schema.yaml").get()
    let options = SchemaOptions(
        dialect: dialect, direction: direction, assertsFormats: formats, assertsContent: content,
        refusesForeignMembers: refusesForeign)
    return SchemaProgram.compile(root, options: options, resolvingNode: { _ in nil })
}

/// What is wrong with a value under a schema.
func errors(
    _ schema: String, _ value: String, dialect: SchemaDialect = .draft2020, direction: SchemaDirection = .either,
    formats: Bool? = nil, content: Bool = false, refusesForeign: Bool = false, maxErrors: Int = 16
) throws -> [SchemaError] {
    let compiled = try compile(
        schema, dialect: dialect, direction: direction, formats: formats, content: content, refusesForeign: refusesForeign)
    let program = try #require(compiled.program, "\(compiled.findings)")
    let tape = JSONTape(seed: 3)
    return try Array(value.utf8).withByteView { bytes in
        try #require(tape.parse(bytes) == nil)
        let scratch = SchemaScratch(seed: 5)
        let errors = program.validate(tape, scratch: scratch, maxErrors: maxErrors)
        #expect(program.isValid(tape, scratch: scratch) == errors.isEmpty)
        return errors
    }
}

/// The keywords a value breaks, sorted.
func broken(_ schema: String, _ value: String, dialect: SchemaDialect = .draft2020, formats: Bool? = nil) throws -> [String] {
    try errors(schema, value, dialect: dialect, formats: formats).map(\.keyword).sorted()
}
