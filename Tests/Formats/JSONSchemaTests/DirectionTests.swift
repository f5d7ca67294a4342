import JSONSchema
import Testing

@Suite struct DirectionTests {
    static let schema = """
        type: object
        required: [id, secret, name]
        properties: {id: {type: string, readOnly: true}, secret: {$ref: "#/$defs/secret"}, name: {type: string}}
        $defs: {secret: {type: string, writeOnly: true}}
        """

    @Test(
        "accepts members of the other direction, or refuses them when asked to",
        arguments: [
            (.request, #"{"secret":"s","name":"n","id":"i"}"#, [], ["/id readOnly"]),
            (.request, #"{"secret":"s","name":"n","id":1}"#, ["/id type"], ["/id readOnly"]),
            (.request, #"{"secret":"s","name":"n"}"#, [], []),
            (.response, #"{"id":"i","name":"n","secret":"s"}"#, [], ["/secret writeOnly"]),
            (.response, #"{"name":"n"}"#, [" required"], [" required"]),
            (.either, #"{"id":"i","secret":"s","name":"n"}"#, [], []),
        ] as [(SchemaDirection, String, [String], [String])])
    func foreign(direction: SchemaDirection, value: String, accepted: [String], refused: [String]) throws {
        func places(_ refusing: Bool) throws -> [String] {
            try errors(Self.schema, value, dialect: .oas31, direction: direction, refusesForeign: refusing)
                .map { "\($0.instancePointer) \($0.keyword)" }
        }
        #expect(try places(false) == accepted)
        #expect(try places(true) == refused)
    }

    @Test("finds the mark in schemas that the one with the required names includes")
    func included() throws {
        let schema = ##"{allOf: [{$ref: "#/$defs/base"}], required: [id], $defs: {base: {properties: {id: {readOnly: true}}}}}"##
        #expect(try errors(schema, "{}", dialect: .oas31, direction: .request) == [])
        #expect(try errors(schema, "{}", dialect: .oas31, direction: .response).map(\.keyword) == ["required"])
    }
}
