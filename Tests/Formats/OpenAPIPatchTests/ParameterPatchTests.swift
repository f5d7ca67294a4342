import OpenAPIPatch
import Testing

@Suite("Patches of parameters")
struct ParameterPatchTests {
    @Test(
        "after the patch the same query differs in nothing",
        arguments: [
            ("{ type: integer }", "", "p=abc"), ("{ type: boolean }", "", "p=1"), ("{ type: number }", "", "p="),
            ("{ type: string }", "required: true, ", "q=1"),
            ("{ type: array, items: { type: integer } }", "", "p=1&p=x"),
            ("{ type: array, items: { type: integer } }", "explode: false, ", "p=1,x,true"),
            ("{ type: array, items: { type: [integer] } }", "style: pipeDelimited, explode: false, ", "p=1|x"),
            (
                "{ type: object, properties: { a: { type: integer } }, additionalProperties: false }", "style: deepObject, ",
                "p[a]=x"
            ),
            (
                "{ type: object, properties: { a: { type: integer } }, additionalProperties: false }", "style: deepObject, ",
                "p[b]=x&p[a]=1"
            ),
            ("{ type: object, required: [a, b] }", "style: deepObject, ", "p[b]=x"),
        ], ["3.0.3", "3.1.0"])
    func query(_ parameter: (schema: String, members: String, query: String), version: String) throws {
        if version == "3.0.3", parameter.schema.contains("[integer]") { return }
        let before = Described(
            """
            openapi: \(version)
            paths:
              /x:
                get:
                  operationId: op
                  parameters:
                    - { name: p, in: query, \(parameter.members)schema: \(parameter.schema) }
                  responses: {}
            """)
        let differences = try before.differences(of: "op", query: parameter.query)
        #expect(!differences.isEmpty)
        let patch = try before.patch(differences)
        #expect(patch.undecided.isEmpty, "\(patch.undecided)")
        let after = before.applying(patch)
        let left = try after.differences(of: "op", query: parameter.query)
        #expect(left.isEmpty, "\(left)\n\(after.text)")
    }

    @Test("a parameter that is not described is described by the patch")
    func unknown() throws {
        let before = Described("openapi: 3.1.0\npaths:\n  /x:\n    get: { operationId: op, responses: {} }\n")
        let differences = try before.differences(of: "op", query: "a%20b=1&c=2")
        #expect(differences.map(\.code) == ["unknown", "unknown"])
        let after = before.applying(try before.patch(differences))
        #expect(try after.differences(of: "op", query: "a%20b=1&c=2") == [], "\(after.text)")
    }

    @Test("an answer's status, media type and headers are described by the patch")
    func answers() throws {
        let before = Described(
            """
            openapi: 3.0.3
            paths:
              /x:
                get:
                  operationId: op
                  responses:
                    '200': { description: ok, content: { application/json: {} }, headers: { X-A: { required: true, schema: {} } } }

            """)
        for (status, type) in [(404, "text/html"), (200, "text/html; charset=utf-8"), (200, "application/json")] {
            let differences = try before.differences(of: "op", status: status, contentType: type)
            #expect(!differences.isEmpty)
            let patch = try before.patch(differences)
            #expect(patch.undecided.isEmpty, "\(patch.undecided)")
            #expect(try before.applying(patch).differences(of: "op", status: status, contentType: type) == [])
        }
    }
}
