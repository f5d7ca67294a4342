import Documents
import Foundation
import Testing

@testable import GatewayCore

/// Documents of gRPC services held against the messages of `Fixtures/agreement.proto`.
@Suite("Document and descriptor")
struct AgreementTests {
    private static let codes: Set<String> = [
        "message-lacks-field", "message-field-type", "document-lacks-field", "message-lacks-value", "document-lacks-value",
        "unread-body", "unread-parameter",
    ]

    /// The findings of one operation, as `code: message` each, in the order of their places.
    private func findings(
        of method: String = "PutThing", body: String = "thing", answering: String? = nil, _ operation: String,
        version: String = "3.1.0",
        components: String = "{}", settings: String = ""
    ) throws -> [Finding] {
        var platform = Platform.with("descriptors: shop.pb", "descriptors: shop.pb\n    openapi: shop.yaml\(settings)")
        let data = try Data(contentsOf: Fixtures.folder.appendingPathComponent("agreement.pb"))
        platform.descriptors = Array(data)
        let binding = body == "none" ? "" : ", body: \(body == "*" ? "'*'" : body)"
        platform.files["etc/shop.yaml"] = """
            openapi: \(version)
            info: { title: Yard, version: "1" }
            paths:
              /shelves/{shelf}:
                parameters: [{ name: shelf, in: path, required: true, schema: { type: string } }]
                post:
                  x-permission: null
                  x-grpc: { method: yard.Yard/\(method)\(binding)\(answering.map { ", response_body: \($0)" } ?? "") }
                  \(operation.contains("responses:") ? "" : "responses: {}")
                  \(operation.replacing("\n", with: "\n      "))
            components: { schemas: \(components) }
            """
        let outcome = try platform.compile()
        #expect(outcome.snapshot != nil, "\(outcome.findings)")
        return outcome.findings.filter { Self.codes.contains($0.code) }
    }

    private static func request(_ schema: String) -> String {
        "requestBody: { content: { application/json: { schema: \(schema) } } }"
    }

    private static func answer(_ schema: String, status: String = "200", type: String = "application/json") -> String {
        "responses: { '\(status)': { description: ok, content: { \(type): { schema: \(schema) } } } }"
    }

    private static let whole = """
        { type: object, properties: { name: { type: string }, serialNumber: { type: string }, count: { type: integer }, \
        used: { type: boolean }, weight: { type: number }, photo: { type: string }, \
        colour: { type: string, enum: [RED, GREEN] }, tags: { type: array, items: { type: string } }, \
        stock: { type: object, additionalProperties: { type: integer } }, part: { $ref: '#/components/schemas/Part' }, \
        madeAt: { type: string, format: date-time }, note: { type: string }, data: { type: object }, \
        anyValue: { type: [string, "null"] }, detail: { type: object, properties: { '@type': { type: string } } }, \
        list: { type: array }, parts: { type: array, items: { $ref: '#/components/schemas/Part' } } }, \
        additionalProperties: false }
        """
    private static let part = """
        { Part: { type: object, properties: { name: { type: string }, inner: { $ref: '#/components/schemas/Part' } }, \
        additionalProperties: false } }
        """

    @Test("what is described as it is makes no findings, in either direction and however deep it goes")
    func agreement() throws {
        #expect(try findings(Self.request(Self.whole), components: Self.part) == [])
        #expect(try findings(Self.answer(Self.whole), components: Self.part) == [])
        #expect(try findings(Self.answer("{}")) == [])
        #expect(try findings(Self.answer("{ type: object }")) == [])
    }

    @Test(
        "a member that the message has no field for is told of at its name",
        arguments: [
            ("{ properties: { nmae: {} } }", "/nmae", "did you mean \"name\"?"),
            ("{ properties: { price: {} } }", "/price", "remove it or add it to the message"),
            ("{ properties: { part: { properties: { nmae: {} } } } }", "/part/properties/nmae", "yard.Part"),
            ("{ properties: { parts: { items: { properties: { price: {} } } } } }", "/parts/items/properties/price", "yard.Part"),
            ("{ oneOf: [{ properties: { price: {} } }, {}] }", "/oneOf/0/properties/price", "yard.Thing"),
            ("{ allOf: [{ required: [price] }] }", "/allOf/0/required/0", "yard.Thing"),
        ])
    func unknownField(schema: String, place: String, words: String) throws {
        for operation in [Self.request(schema), Self.answer(schema)] {
            let found = try findings(operation)
            #expect(found.map(\.code) == ["message-lacks-field"], "\(found)")
            #expect(found.first?.pointer.hasSuffix(place) == true && found.first?.file == "etc/shop.yaml", "\(found)")
            #expect(found.first?.severity == .warning && found.first?.message.contains(words) == true, "\(found)")
        }
    }

    @Test("requests may use the names of the .proto file, answers never have them")
    func names() throws {
        let schema = "{ properties: { serial_number: { type: string } } }"
        #expect(try findings(Self.request(schema)) == [])
        let found = try findings(Self.answer(schema))
        #expect(found.map(\.code) == ["message-lacks-field"])
        #expect(found.first?.message.contains("as \"serialNumber\"") == true, "\(found)")
    }

    @Test("members of the other direction are left alone")
    func directions() throws {
        #expect(try findings(Self.request("{ properties: { price: { readOnly: true } } }")) == [])
        #expect(try findings(Self.answer("{ properties: { price: { writeOnly: true } } }")) == [])
        #expect(try findings(Self.answer("{ properties: { price: { readOnly: true } } }")).count == 1)
        #expect(try findings(Self.request("{ properties: { price: false } }")) == [])
    }

    @Test(
        "types are compared as JSON has them",
        arguments: [
            ("used: { type: string }", true, true), ("used: { type: [boolean, 'null'] }", false, false),
            ("name: { type: integer }", true, true), ("name: { enum: [a, 1] }", false, false), ("name: { const: 1 }", true, true),
            ("count: { type: integer }", false, false), ("count: { type: number }", false, false),
            ("count: { type: string }", false, true), ("count: { type: boolean }", true, true),
            ("serialNumber: { type: integer }", false, true), ("serialNumber: { type: string }", false, false),
            ("serialNumber: { type: [string, integer] }", false, false),
            ("weight: { type: number }", false, false), ("weight: { type: integer }", false, true),
            ("photo: { type: string }", false, false), ("photo: { type: array }", true, true),
            ("colour: { type: string }", false, false), ("colour: { type: integer }", false, true),
            ("tags: { type: string }", true, true), ("tags: { type: array, items: { type: integer } }", true, true),
            ("stock: { type: array }", true, true), ("stock: { additionalProperties: { type: boolean } }", true, true),
            ("stock: { properties: { a: { type: boolean } } }", true, true),
            ("part: { type: string }", true, true), ("madeAt: { type: integer }", true, true),
            ("madeAt: { type: string, format: date }", true, true), ("note: { type: object }", true, true),
            ("note: { type: [string, 'null'] }", false, false), ("data: { type: string }", true, true),
            ("anyValue: { type: string }", false, false), ("detail: { type: string }", true, true),
            ("list: { type: object }", true, true),
            ("name: { anyOf: [{ type: string }, { type: integer }] }", false, false),
            ("name: { oneOf: [{ type: boolean }, { type: integer }] }", true, true),
            ("name: { allOf: [{ type: [string, integer] }, { type: [integer] }] }", true, true),
            ("name: { $ref: '#/components/schemas/Number' }", true, true),
        ] as [(String, Bool, Bool)])
    func types(property: String, inRequest: Bool, inAnswer: Bool) throws {
        let schema = "{ properties: { \(property) } }"
        let components = "{ Number: { type: number } }"
        let request = try findings(Self.request(schema), components: components)
        #expect(request.map(\.code) == (inRequest ? ["message-field-type"] : []), "\(request)")
        let answer = try findings(Self.answer(schema), components: components)
        #expect(answer.map(\.code) == (inAnswer ? ["message-field-type"] : []), "\(answer)")
    }

    @Test("a finding names the field, what it is and what to write")
    func words() throws {
        let found = try findings(Self.answer("{ properties: { serialNumber: { type: integer } } }"))
        #expect(
            found.first?.message
                == "serial_number is int64, in JSON string, but the schema allows integer; write type: string")
    }

    @Test("OpenAPI 3.0 is read with its own rules")
    func oldVersion() throws {
        let schema =
            "{ properties: { name: { $ref: '#/components/schemas/Text', type: integer }, note: { type: string, nullable: true } } }"
        #expect(try findings(Self.answer(schema), version: "3.0.3", components: "{ Text: { type: string } }") == [])
        #expect(try findings(Self.answer(schema), components: "{ Text: { type: string } }").count == 1)
    }

    @Test("fields that a closed schema leaves out are told of once, in both directions; an open one may leave out what it likes")
    func closed() throws {
        let schema = "{ properties: { part: { properties: { inner: {} }, additionalProperties: false } } }"
        let request = try findings(Self.request(schema))
        #expect(request.map(\.code) == ["document-lacks-field"])
        #expect(request.first?.message.contains("clients cannot send name of yard.Part") == true, "\(request)")
        let answer = try findings(Self.answer(schema))
        #expect(answer.first?.message.contains("answers may have name of yard.Part") == true, "\(answer)")
        #expect(answer.first?.pointer.hasSuffix("/properties/part") == true)
        let onPurpose = "{ properties: { part: { properties: { inner: {}, name: false }, additionalProperties: false } } }"
        #expect(try findings(Self.request(onPurpose)) == [])
        #expect(try findings(Self.answer(onPurpose)).count == 1)
        let many = try findings(Self.answer("{ allOf: [{ properties: { name: {} } }], unevaluatedProperties: false }"))
        #expect(many.first?.message.contains("and 11 more of yard.Thing") == true, "\(many)")
    }

    @Test("of a body that is the whole message, what the path binds and the mask need not be named")
    func wholeBody() throws {
        let schema = "{ properties: { thing: {}, validateOnly: {} }, additionalProperties: false }"
        #expect(try findings(body: "*", Self.request(schema)) == [])
        let less = try findings(body: "*", Self.request("{ properties: { shelf: {}, thing: {} }, additionalProperties: false }"))
        #expect(less.map { $0.message.contains("validateOnly of") } == [true], "\(less)")
    }

    @Test("values of enums are compared by name")
    func enums() throws {
        let wrong = try findings(Self.request("{ properties: { colour: { enum: [RED, GREEEN] } } }"))
        #expect(wrong.map(\.code) == ["message-lacks-value"])
        #expect(wrong.first?.pointer.hasSuffix("/colour/enum/1") == true && wrong.first?.message.contains("GREEN\"?") == true)
        #expect(try findings(Self.request("{ properties: { colour: { enum: [RED] } } }")) == [])
        let few = try findings(Self.answer("{ properties: { colour: { enum: [RED] } } }"))
        #expect(few.map(\.code) == ["document-lacks-value"] && few[0].message.contains("GREEN of"), "\(few)")
    }

    @Test("bodies and parameters that the call does not read are told of")
    func unread() throws {
        #expect(try findings(body: "none", Self.request("{}")).map(\.code) == ["unread-body"])
        func parameters(_ text: String, body: String = "thing", settings: String = "") throws -> [String] {
            try findings(body: body, "parameters: [\(text)]", settings: settings).map(\.code)
        }
        let unknown = "{ name: page, in: query, schema: { type: string } }"
        #expect(try parameters(unknown) == ["message-lacks-field"])
        #expect(try parameters(unknown, settings: "\n    unknown_parameters: ignore") == [])
        #expect(try parameters("{ name: validateOnly, in: query, schema: { type: boolean } }") == [])
        #expect(try parameters("{ name: validate_only, in: query, schema: { type: integer } }") == ["message-field-type"])
        #expect(try parameters("{ name: updateMask, in: query, schema: { type: string } }") == [])
        #expect(try parameters("{ name: thing, in: query, schema: { type: string } }") == ["unread-parameter"])
        #expect(try parameters("{ name: thing.name, in: query, schema: { type: string } }") == ["unread-parameter"])
        #expect(try parameters("{ name: thing.name, in: query, schema: { type: string } }", body: "none") == [])
        #expect(try parameters("{ name: thing.part, in: query, schema: { type: string } }", body: "none") == ["unread-parameter"])
        #expect(
            try parameters("{ name: thing.stock, in: query, schema: { type: string } }", body: "none") == ["unread-parameter"])
        #expect(
            try parameters(
                "{ name: thing.tags, in: query, schema: { type: array, items: { type: string } } }", body: "none") == [])
        #expect(try parameters("{ name: thing.name.x, in: query, schema: {} }", body: "none") == ["message-lacks-field"])
        #expect(try parameters("{ name: shelf, in: query, schema: { type: string } }") == ["unread-parameter"])
        #expect(try parameters("{ name: validateOnly, in: query, schema: { type: boolean } }", body: "*") == ["unread-parameter"])
    }

    @Test("of a stream the messages are compared, and of answers those of success")
    func streams() throws {
        let array = "{ type: array, items: { properties: { price: {} } } }"
        #expect(try findings(of: "WatchThings", Self.answer(array)).count == 1)
        #expect(
            try findings(of: "WatchThings", Self.answer("{ properties: { price: {} } }", type: "application/x-ndjson")).count == 1
        )
        #expect(try findings(Self.answer("{ properties: { price: {} } }", status: "2XX")).count == 1)
        #expect(try findings(Self.answer("{ properties: { price: {} } }", status: "default")).count == 1)
        #expect(try findings(Self.answer("{ properties: { price: {} } }", status: "404")) == [])
        #expect(
            try findings(answering: "part", Self.answer("{ properties: { price: {} } }")).map(\.message).first?.contains(
                "yard.Part") == true)
        #expect(try findings(answering: "tags", Self.answer("{ type: object }")).map(\.code) == ["message-field-type"])
        #expect(try findings(Self.answer("{ properties: { price: {} } }", type: "application/problem+json")) == [])
    }

    @Test("an operation that agrees in nothing has no more than a page of findings, a circle an end")
    func bounds() throws {
        let names = (0..<100).map { "x\($0): {}" }.joined(separator: ", ")
        #expect(try findings(Self.request("{ properties: { \(names) } }")).count == 32)
        // Twice as much with every step, nothing but steps, and no end.
        let doubling = (0..<60).map { "D\($0): { allOf: [\(Self.reference($0 + 1)), \(Self.reference($0 + 1))] }" } + ["D60: {}"]
        let chain = (0..<3000).map { "D\($0): { properties: { inner: \(Self.reference($0 + 1)) } }" } + ["D3000: {}"]
        let circle = ["D0: { allOf: [\(Self.reference(1))] }", "D1: { anyOf: [\(Self.reference(0)), {}] }"]
        for components in [doubling, chain, circle] {
            let found = try findings(
                Self.request("{ properties: { part: \(Self.reference(0)), name: \(Self.reference(0)) } }"),
                components: "{ \(components.joined(separator: ", ")) }", settings: "\n    validation: { request: off }")
            #expect(found == [])
        }
    }

    private static func reference(_ number: Int) -> String { "{ $ref: '#/components/schemas/D\(number)' }" }
}
