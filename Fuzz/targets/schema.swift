import Bytes
import Documents
import JSON
import JSONSchema

private let dialects = SchemaDialect.allCases
nonisolated(unsafe) private let scratch = SchemaScratch(seed: 1)
nonisolated(unsafe) private let tape = JSONTape(seed: 1)

/// The first byte chooses the dialect; then come a schema and a value, split at the first NUL. Both ways to validate agree, every error
/// has its place, and a schema wrapped in `not` or `allOf` answers as logic asks.
func fuzz(_ input: ByteView) {
    guard input.count > 2, let split = input.firstIndex(of: 0, from: 1) else { return }
    let dialect = dialects[Int(input[0]) % dialects.count]
    let schema = Array(input[1, split])
    let value = input[split + 1, input.count]
    guard let program = compile(schema, dialect), tape.parse(value) == nil else { return }
    let isValid = program.isValid(tape, scratch: scratch)
    let errors = program.validate(tape, scratch: scratch, maxErrors: 4)
    expect(errors.isEmpty == isValid, "a value is valid exactly when it has no errors")
    expect(errors.count <= 4, "no more errors than asked for")
    for error in errors {
        expect(error.instancePointer.isEmpty || error.instancePointer.utf8.first == UInt8(ascii: "/"), "an error has a place")
    }
    // References and anchors mean something else one level deeper.
    guard !schema.contains(UInt8(ascii: "$")), !errors.contains(where: { $0.keyword == "limit" }) else { return }
    if let negated = compile(Array(#"{"not":"#.utf8) + schema + Array("}".utf8), dialect) {
        expect(negated.isValid(tape, scratch: scratch) == !isValid, "not turns the answer round")
    }
    if let both = compile(Array(#"{"allOf":["#.utf8) + schema + Array("]}".utf8), dialect) {
        expect(both.isValid(tape, scratch: scratch) == isValid, "allOf of one is that one")
    }
}

/// Nothing when the text is no acceptable schema.
private func compile(_ text: [UInt8], _ dialect: SchemaDialect) -> SchemaProgram? {
    var limits = DocumentLimits()
    limits.nodes = 2000
    guard let root = try? SourceDocument.parse(text: text, file: "schema.json", limits: limits).get() else { return nil }
    let (program, findings) = SchemaProgram.compile(root, options: SchemaOptions(dialect: dialect), resolvingNode: { _ in nil })
    expect((program == nil) == findings.hasErrors, "there is a program exactly when no finding is an error")
    return program
}
