import OpenAPIPatch
import Testing

@Suite("A document's patch")
struct DocumentPatchTests {
    /// A document whose operation `op` has these members.
    private static func document(_ operation: String, version: String = "3.1.0") -> String {
        "openapi: \(version)\npaths:\n  /x:\n    post:\n      operationId: op\n" + operation
    }

    private static func request(_ schema: String, version: String = "3.1.0") -> String {
        document("      requestBody: { content: { application/json: { schema: \(schema) } } }\n", version: version)
    }

    @Test(
        "relaxes the rule that was broken, and nothing else",
        arguments: [
            ("{ type: string }", "3.1.0", difference("type", "integer"), "{ type: [string, integer] }"),
            ("{ type: string }", "3.1.0", difference("type", "null"), #"{ type: [string, "null"] }"#),
            ("{ type: integer }", "3.1.0", difference("type", "number"), "{ type: number }"),
            ("{ type: [string] }", "3.1.0", difference("type", "object"), "{ type: [string, object] }"),
            ("{ type: 'string' }", "3.1.0", difference("type", "object"), "{ type: [string, object] }"),
            ("{ type: string }", "3.0.3", difference("type", "null"), "{ type: string, nullable: true }"),
            ("{ type: string, nullable: false }", "3.0.3", difference("type", "null"), "{ type: string, nullable: true }"),
            (
                "{ type: string }", "3.0.3", difference("type", "array"),
                "{ anyOf: [{ type: string }, { type: array, items: {} }] }"
            ),
            (
                "{ type: string, nullable: true, maxLength: 3 }", "3.0.3", difference("type", "integer"),
                "{ anyOf: [{ type: string, nullable: true }, { type: integer, nullable: true }], nullable: true, maxLength: 3 }"
            ),
            ("{ required: [a, b, c], type: object }", "3.1.0", difference("required", "a"), "{ required: [b, c], type: object }"),
            ("{ required: [a, b, c], type: object }", "3.1.0", difference("required", "c"), "{ required: [a, b], type: object }"),
            ("{ required: [a], type: object }", "3.1.0", difference("required", "a"), "{ type: object }"),
            ("{ type: object, required: [a] }", "3.0.3", difference("required", "a"), "{ type: object }"),
            (
                "{ additionalProperties: false }", "3.1.0", difference("body", "/a", "additionalProperties", "string"),
                "{ additionalProperties: false, properties: { a: { type: string } } }"
            ),
            (
                "{ properties: {}, additionalProperties: false }", "3.0.3",
                difference("body", "/a", "additionalProperties", "array"),
                "{ properties: { a: { type: array, items: {} } }, additionalProperties: false }"
            ),
            (
                "{ properties: { b: {} }, additionalProperties: false }", "3.1.0",
                difference("body", "/yes", "additionalProperties", nil),
                #"{ properties: { b: {}, "yes": {} }, additionalProperties: false }"#
            ),
            (
                "{ unevaluatedProperties: false }", "3.1.0", difference("body", "/a~1\"b", "unevaluatedProperties", "null"),
                #"{ unevaluatedProperties: false, properties: { "a/\"b": { type: "null" } } }"#
            ),
            (
                "{ properties: { a: false } }", "3.1.0", difference("body", "/a", "false", "boolean"),
                "{ properties: { a: { type: boolean } } }"
            ),
            (
                "{ items: { properties: { a: { type: string } } } }", "3.1.0", difference("body", "/*/a", "type", "boolean"),
                "{ items: { properties: { a: { type: [string, boolean] } } } }"
            ),
            (
                "{ additionalProperties: { type: string } }", "3.1.0", difference("body", "/any", "type", "boolean"),
                "{ additionalProperties: { type: [string, boolean] } }"
            ),
        ])
    func relaxes(schema: String, version: String, difference: ObservedDifference, expected: String) throws {
        let before = Described(Self.request(schema, version: version))
        let patch = try before.patch([difference])
        #expect(patch.undecided.isEmpty, "\(patch.undecided)")
        #expect(before.applying(patch).text == Self.request(expected, version: version))
    }

    @Test("comments, blank lines and order stay as they are written")
    func layout() throws {
        let text = Self.document(
            """
                  requestBody:
                    required: true   # always
                    content:
                      application/json:
                        schema:
                          type: object
                          # What a form cannot do without.
                          required:
                            - name   # of a person
                            - mail

                          properties:
                            name: { type: string } # first
                            # Last of all.
                            mail:
                              type: string
                              description: |
                                # no comment

                                the end

                          additionalProperties: false
                  responses:
                    # None yet.
                    '200': { description: ok }

            # The end.
            """)
        let before = Described(text)
        let patch = try before.patch([
            difference("required", "name"), difference("body", "/age", "additionalProperties", "integer"),
            difference("body", "/mail", "type", "null"), difference("required"), difference("query.page", "", "unknown"),
            difference(ofAnswer: 404, "status", "", "undeclared"),
        ])
        #expect(patch.undecided.isEmpty, "\(patch.undecided)")
        let expected =
            text
            .replacing("required: true ", with: "required: false ")
            .replacing("                - name   # of a person\n", with: "")
            .replacing(
                "                  type: string\n                  d",
                with: "                  type: [string, \"null\"]\n                  d"
            )
            .replacing("the end\n", with: "the end\n                age: { type: integer }\n")
            .replacing(
                "{ description: ok }\n",
                with: """
                    { description: ok }
                            "404": { description: "Not described yet." }
                          parameters: [{ name: page, in: query, schema: {} }]

                    """)
        #expect(before.applying(patch).text == expected)
        #expect(
            patch.files.first?.operations.map { "\($0.kind.rawValue) \($0.path)" }.sorted() == [
                "add /paths/~1x/post/parameters",
                "add /paths/~1x/post/requestBody/content/application~1json/schema/properties/age",
                "add /paths/~1x/post/responses/404",
                "remove /paths/~1x/post/requestBody/content/application~1json/schema/required/0",
                "replace /paths/~1x/post/requestBody/content/application~1json/schema/properties/mail/type",
                "replace /paths/~1x/post/requestBody/required",
            ])
    }

    @Test("statuses, media types, headers and parameters are declared or no longer asked for")
    func otherPlaces() throws {
        let text = Self.document(
            """
                  parameters:
                    - { name: limit, in: query, required: true, schema: { type: integer } }
                    - name: X-Kind
                      in: header
                      schema: { type: boolean }
                  requestBody: { content: { application/json: {} } }
                  responses:
                    2XX:
                      description: ok
                      headers: { X-Left: { required: true, schema: { type: integer } } }
                      content: { text/plain: {} }

            """)
        let before = Described(text)
        let patch = try before.patch([
            difference("query.limit", "", "required"), difference("query.limit", "", "type"),
            difference("query.sort", "", "unknown"), difference("query.a b", "", "unknown"),
            difference("header.x-kind", "", "type", "string"), difference("body", "", "unsupported-media-type", "text/csv"),
            difference(ofAnswer: 201, "header.x-left", "", "required"),
            difference(ofAnswer: 201, "header.Content-Type", "", "undeclared", "application/vnd.a+json"),
        ])
        #expect(patch.undecided.isEmpty, "\(patch.undecided)")
        let expected =
            text
            .replacing(
                "required: true, schema: { type: integer } }\n", with: "required: false, schema: { type: [string, integer] } }\n"
            )
            .replacing(
                "{ type: boolean }\n",
                with: """
                    { type: [string, boolean] }
                            - { name: sort, in: query, schema: {} }
                            - { name: "a b", in: query, schema: {} }

                    """
            )
            .replacing("{ application/json: {} }", with: "{ application/json: {}, text/csv: {} }")
            .replacing("{ required: true, s", with: "{ required: false, s")
            .replacing("{ text/plain: {} }", with: "{ text/plain: {}, application/vnd.a+json: {} }")
        #expect(before.applying(patch).text == expected)
    }

    @Test(
        "what cannot be written is left to a person, with the reason",
        arguments: [
            ("{ enum: [a] }", difference("enum"), PatchObstacle.needsValues),
            ("{ type: string }", difference("invalid-json"), .messageAtFault),
            ("{}", difference("header.Content-Type", "", "undeclared", "application/json"), .messageAtFault),
            ("{ type: string, maxLength: 3 }", difference("maxLength"), .needsValues),
            ("{ type: string }", difference("type"), .needsSubject),
            ("{ type: string }", difference("type", "string"), .unknownPlace),
            ("{ oneOf: [{ type: string }, { type: integer }] }", difference("type", "boolean"), .inChoice),
            ("{ oneOf: [{ type: string }, { type: integer }] }", difference("oneOf"), .needsValues),
            ("{ patternProperties: { a: { type: string } } }", difference("body", "/a", "type", "null"), .inChoice),
            ("{ additionalProperties: false }", difference("body", "/*", "additionalProperties", "null"), .needsSubject),
            ("{ properties: {} }", difference("body", "/a/b", "type", "null"), .unknownPlace),
            (
                "{ type: string }", difference("body", "/" + String(repeating: "a", count: 300) + "...", "type", "null"),
                .unknownPlace
            ),
            ("{ type: string }", difference("body", "", "unsupported-media-type"), .needsSubject),
            ("{ type: string }", difference("body", "", "unsupported-media-type", "no type"), .needsSubject),
            ("{ type: string }", difference(ofAnswer: 200, "body", "", "type", "null"), .unknownPlace),
            ("{ type: string }", difference("path.id", "", "required"), .unknownPlace),
            ("{ allOf: [&same { type: string }, *same] }", difference("type", "null"), .unsafeText),
        ])
    func undecided(schema: String, difference: ObservedDifference, expected: PatchObstacle) throws {
        let before = Described(Self.request(schema))
        let patch = try before.patch([difference])
        #expect(patch.undecided.map(\.obstacle) == [expected])
        #expect(patch.files.isEmpty)
    }

    @Test("one edit that cannot be written does not keep the others from it")
    func mixed() throws {
        let before = Described(
            Self.request(
                "{ properties: { a: &same { type: string }, b: *same, c: { type: string }, d: { type: string } } }"))
        let patch = try before.patch(["/a", "/c", "/d"].map { difference("body", $0, "type", "integer") })
        #expect(patch.undecided.map(\.difference.pointer) == ["/a"])
        #expect(patch.undecided.map(\.obstacle) == [.unsafeText])
        #expect(patch.files.first?.operations.count == 2)
    }

    @Test("an operation that the document does not have is left to a person")
    func unknownOperation() throws {
        let difference = ObservedDifference(operation: "GET /no", direction: .request, field: "body", pointer: "", code: "type")
        #expect(try Described(Self.request("{}")).patch([difference]).undecided.map(\.obstacle) == [.unknownPlace])
    }

    @Test("a shared schema is changed in the file it stands in, a stream's in its messages")
    func references() throws {
        let before = Described(
            files: [
                "api/main.yaml": Self.document(
                    """
                          requestBody: { content: { application/json: { schema: { type: array, items: { $ref: 'parts.json#/One' } } } } }

                    """),
                "api/parts.json":
                    "{\n  \"One\": {\n    \"type\": \"object\",\n    \"required\": [\n      \"a\",\n      \"b\"\n    ]\n  }\n}",
            ], main: "api/main.yaml")
        let lost = ObservedDifference(
            operation: "op", direction: .request, field: "body", pointer: "", code: "required", subject: "b",
            isMessageOfStream: true)
        let patch = try before.patch([lost, difference("body", "/*", "required", "b")])
        #expect(patch.undecided.isEmpty)
        #expect(patch.files.map(\.name) == ["api/parts.json"])
        #expect(
            before.applying(patch).files["api/parts.json"]
                == "{\n  \"One\": {\n    \"type\": \"object\",\n    \"required\": [\n      \"a\"\n    ]\n  }\n}")
        #expect(
            patch.files.first?.unifiedDiff(path: "parts.json") == """
                --- a/parts.json
                +++ b/parts.json
                @@ -2,8 +2,7 @@
                   "One": {
                     "type": "object",
                     "required": [
                -      "a",
                -      "b"
                +      "a"
                     ]
                   }
                 }
                \\ No newline at end of file

                """)
    }

    @Test("lines end as the document's do")
    func lineEnds() throws {
        let text = Self.document(
            "      parameters:\n        - { name: a, in: query, schema: {} }\n      responses: {}\n"
        ).replacing("\n", with: "\r\n")
        let before = Described(text)
        let patch = try before.patch([difference("query.b", "", "unknown")])
        #expect(
            before.applying(patch).text
                == text.replacing(
                    "        - { name: a, in: query, schema: {} }\r\n",
                    with: "        - { name: a, in: query, schema: {} }\r\n        - { name: b, in: query, schema: {} }\r\n"))
    }

    @Test("names of a client's choosing change nothing but the name they are")
    func hostileNames() throws {
        let names = [
            "a: b", "}, x: {", "\n  evil: true", "#c", "'", "\"", "\\", "\u{0}\u{7f}\u{85}\u{2028}\u{feff}", "*a", "&a", "- a",
            "🙂", "~", "null", "1e3",
        ]
        for schema in ["{ additionalProperties: false }", "{ properties: { z: {} }, additionalProperties: false }"] {
            let before = Described(Self.request(schema))
            let found = names.map { name in
                difference(
                    "body", "/" + name.replacing("~", with: "~0").replacing("/", with: "~1"), "additionalProperties", "string")
            }
            let patch = try before.patch(found)
            #expect(patch.undecided.isEmpty, "\(patch.undecided)")
            #expect(patch.files.first?.new.split(separator: 0x0A).count == before.text.split(separator: "\n").count)
        }
    }

    @Test("a document that cannot be loaded has no patch")
    func broken() {
        #expect(throws: PatchFailure.self) { try Described("openapi: 2").patch([]) }
    }
}
