import Documents
import OpenAPI
import Testing

@Suite("Parameters, media types and answers of a document")
struct ParameterDecoderTests {
    private func findings(_ operation: String, path: String = "/a") -> [String] {
        load("openapi: 3.1.0\npaths:\n  \(path):\n    get: \(operation)\n").findings.map {
            "\($0.severity) \($0.code) \(tail($0.pointer))"
        }
    }

    /// The pointer below the operation.
    private func tail(_ pointer: String) -> String {
        pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst(4).joined(separator: "/")
    }

    private func parameter(_ members: String) -> [String] { findings("{parameters: [{name: q, \(members)}]}") }

    @Test(
        "what is wrong with a parameter is said at its place",
        arguments: [
            ("in: query, schema: {}", []), ("in: header, schema: {}", []),
            ("in: query, style: matrix, schema: {}", ["error parameter-style parameters/0/style"]),
            ("in: query, style: 5, schema: {}", ["error parameter-style parameters/0/style"]),
            ("in: header, style: form, schema: {}", ["error parameter-style parameters/0/style"]),
            ("in: cookie, style: deepObject, schema: {}", ["error parameter-style parameters/0/style"]),
            ("in: query, explode: 1, schema: {}", ["error wrong-type parameters/0/explode"]),
            ("in: query, required: yes, schema: {}", ["error wrong-type parameters/0/required"]),
            ("in: query, allowReserved: [], schema: {}", ["error wrong-type parameters/0/allowReserved"]),
            ("in: cookie, allowEmptyValue: true, schema: {}", ["warning no-effect parameters/0"]),
            ("in: query", ["warning parameter-schema parameters/0"]),
            ("in: query, schema: {}, content: {a/b: {}}", ["error parameter-schema parameters/0/content"]),
            ("in: query, content: {a/b: {}, c/d: {}}", ["error parameter-content parameters/0/content"]),
            ("in: query, content: {}", ["error parameter-content parameters/0/content"]),
            ("in: query, content: {b: {}}", ["error media-type parameters/0/content/b"]),
            ("in: query, style: form, content: {a/b: {}}", ["warning no-effect parameters/0/style"]),
            ("in: query, schem: {}, schema: {}", ["error unknown-key parameters/0/schem"]),
            ("in: query, x-mine: 1, schema: {}", []),
            ("in: query, required: true, schema: {default: 1}", ["warning ambiguous-default parameters/0/schema/default"]),
            ("in: query, required: false, schema: {default: 1}", []),
            ("in: query, style: spaceDelimited, explode: true, schema: {}", ["warning no-effect parameters/0/explode"]),
            ("in: query, style: deepObject, explode: false, schema: {}", ["warning no-effect parameters/0/explode"]),
        ] as [(String, [String])])
    func parameters(members: String, expected: [String]) {
        #expect(parameter(members) == expected)
    }

    @Test("all that is wrong is said at once")
    func everything() {
        let found = findings(
            """
            {parameters: [{name: a, in: query, style: label, schema: {}}, {name: a, in: query, schema: {}}, {in: path}, \
            {name: Accept, in: header, schema: {}}, {name: x, in: cookie, style: simple, content: {q: {}}}]}
            """)
        #expect(
            found == [
                "error parameter-style parameters/0/style", "error duplicate-parameter parameters/1",
                "error parameter parameters/2",
                "warning ignored-parameter parameters/3", "error parameter-style parameters/4/style",
                "error media-type parameters/4/content/q",
            ])
    }

    @Test("names of headers do not differ by case, other names do")
    func duplicates() {
        #expect(findings("{parameters: [{name: A, in: query, schema: {}}, {name: a, in: query, schema: {}}]}") == [])
        let headers = findings("{parameters: [{name: A, in: header, schema: {}}, {name: a, in: header, schema: {}}]}")
        #expect(headers == ["error duplicate-parameter parameters/1"])
    }

    @Test("a path parameter is required, whatever is written")
    func pathParameter() throws {
        let (document, findings) = load(
            "openapi: 3.1.0\npaths: {\"/{p}\": {get: {parameters: [{name: p, in: path, schema: {}}]}}}")
        #expect(findings.map(\.code) == ["path-parameter-required"])
        let parameter = try #require(document?.operations.first?.parameters.first)
        #expect(parameter.isRequired && parameter.style == .simple && !parameter.explodes)
    }

    @Test("what is wrong with components that many operations share is said once")
    func shared() {
        let text = """
            openapi: 3.1.0
            paths:
              /a:
                parameters: [{name: q, in: query}]
                get: {responses: {200: &ok {description: ok, headers: {X: {style: form}}, content: {none: {}}}}}
                put: {responses: {200: *ok}}
            """
        #expect(load(text).findings.map(\.code) == ["parameter-schema", "parameter-style", "parameter-schema", "media-type"])
    }

    @Test(
        "what is wrong with media types and encodings is said at its place",
        arguments: [
            ("{a/b: {}, 'text/*': {}, '*/*': {}, 'application/*+json': {}, 'a/b; c=d': {}}", []), ("{a/b: null}", []),
            ("{A/b: {}, a/B: {}}", ["error media-type requestBody/content/a~1B"]),
            ("{'*/json': {}}", ["error media-type requestBody/content/*~1json"]),
            ("{'a/b/c': {}}", ["error media-type requestBody/content/a~1b~1c"]),
            ("{'a/b*': {}}", ["error media-type requestBody/content/a~1b*"]),
            ("{a/b: []}", ["error wrong-type requestBody/content/a~1b"]),
            ("{a/b: {shema: {}}}", ["error unknown-key requestBody/content/a~1b/shema"]),
            ("{application/json: {encoding: {a: {}}}}", ["warning no-effect requestBody/content/application~1json/encoding"]),
            ("{multipart/form-data: {encoding: []}}", ["error wrong-type requestBody/content/multipart~1form-data/encoding"]),
            (
                "{multipart/form-data: {encoding: {a: {contentType: png}}}}",
                ["error media-type requestBody/content/multipart~1form-data/encoding/a/contentType"]
            ),
            (
                "{multipart/form-data: {encoding: {a: {style: form}}}}",
                ["warning no-effect requestBody/content/multipart~1form-data/encoding/a"]
            ),
            (
                "{multipart/form-data: {encoding: {a: {headers: {X: {name: X, schema: {}}}}}}}",
                ["error unknown-key requestBody/content/multipart~1form-data/encoding/a/headers/X/name"]
            ),
            (
                "{application/x-www-form-urlencoded: {encoding: {a: {style: simple}}}}",
                ["error parameter-style requestBody/content/application~1x-www-form-urlencoded/encoding/a/style"]
            ),
            (
                "{application/x-www-form-urlencoded: {encoding: {a: {headers: {}}}}}",
                ["warning no-effect requestBody/content/application~1x-www-form-urlencoded/encoding/a/headers"]
            ),
        ] as [(String, [String])])
    func mediaTypes(content: String, expected: [String]) {
        #expect(findings("{requestBody: {content: \(content)}}") == expected)
    }

    @Test("encodings, headers and answers are read")
    func complete() throws {
        let (document, findings) = load(
            """
            openapi: 3.1.0
            paths:
              /a:
                post:
                  requestBody:
                    content:
                      Multipart/Form-Data:
                        schema: {type: object}
                        encoding: {f: {contentType: 'image/png, IMAGE/*', headers: {X-A: {required: true, schema: {}}}}}
                      application/x-www-form-urlencoded: {encoding: {a: {style: pipeDelimited}, b: {allowReserved: true}, c: {}}}
                  responses:
                    200: {description: a, headers: {X-B: {schema: {}}, content-type: {schema: {}}}, content: {text/*: {}}}
                    2XX: {description: b}
                    default: {description: c, content: {}}
            """)
        #expect(findings.isEmpty)
        let operation = try #require(document?.operations.first)
        let content = try #require(operation.requestBody?.content)
        #expect(content.map(\.mediaType) == ["multipart/form-data", "application/x-www-form-urlencoded"])
        #expect(content[0].encodings.map(\.contentTypes) == [["image/png", "image/*"]])
        #expect(content[0].encodings[0].headers.map(\.name) == ["X-A"] && content[0].encodings[0].headers[0].isRequired)
        #expect(content[1].encodings.map(\.style) == [.pipeDelimited, .form, nil])
        #expect(content[1].encodings.map(\.explodes) == [false, true, true])
        #expect(operation.responses.map(\.match) == [.code(200), .range(2), .default])
        #expect(operation.responses[0].headers.map(\.name) == ["X-B"])
        #expect(operation.responses.map { $0.content?.count } == [1, nil, 0])
    }
}
