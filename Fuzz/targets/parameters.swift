import Bytes
import HTTPSemantics
import JSON
import OpenAPI
import OpenAPIValidation
import ProblemDetails

private let document = """
    openapi: 3.1.0
    paths:
      /{simple}/{label}/{matrix}:
        post:
          parameters:
            - {name: simple, in: path, required: true, schema: {type: object}}
            - {name: label, in: path, required: true, style: label, explode: true, schema: {type: array, items: {type: integer}}}
            - {name: matrix, in: path, required: true, style: matrix, explode: true, schema: {type: array}}
            - {name: q, in: query, schema: {type: [integer, string, array], maxLength: 3, items: {type: [integer, 'null']}}}
            - {name: deep, in: query, style: deepObject, schema: {type: object, properties: {a: {type: array}}}}
            - {name: piped, in: query, style: pipeDelimited, schema: {type: object, additionalProperties: {type: boolean}}}
            - {name: spaced, in: query, style: spaceDelimited, schema: {type: array}}
            - {name: json, in: query, content: {application/json: {schema: {type: object}}}}
            - {name: open, in: query, schema: {type: object, additionalProperties: {type: [integer, array]}}}
            - {name: X-List, in: header, schema: {type: array, items: {type: number}}}
            - {name: crumb, in: cookie, schema: {type: array, items: {type: boolean}}}
          requestBody:
            content:
              text/plain: {schema: {type: string, maxLength: 9}}
              application/x-www-form-urlencoded:
                schema: &form
                  type: object
                  properties:
                    a: {type: integer}
                    b: {type: array, items: {type: string}}
                    c: {type: object}
                    d: {type: object}
                    f: {type: string, format: binary, maxLength: 9}
                encoding: {d: {style: deepObject}}
              multipart/form-data: {schema: *form, encoding: {f: {headers: {X-A: {schema: {type: integer}}}}}}
    """
nonisolated(unsafe) private let validator: OperationValidator? =
    OpenAPIDocument.load(text: Array(document.utf8), file: "api.yaml").document
    .flatMap { ValidationCompiler.compile($0).validators?.first }
nonisolated(unsafe) private let scratch = ValidationScratch(seed: 1)
nonisolated(unsafe) private let tape = JSONTape(seed: 1)
nonisolated(unsafe) private let value = JSONTape(seed: 1)
private let types: [StaticString] = [
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "multipart/form-data; boundary=\"\\",
]

/// The first byte chooses where the rest stands: in the path, the query, a header, a cookie or a body. Asking twice gives the same
/// answer, no more faults come than were asked for, each with its place, and what is read without a fault is one JSON value.
func fuzz(_ input: ByteView) {
    guard let validator, input.count > 1 else { return expect(validator != nil, "the document is accepted") }
    let mode = Int(input[0]) % 8
    withExactCopy(input[1, input.count]) { text in
        let first = faults(validator, mode, text, mostErrors: 4)
        if first.isEmpty, mode >= 4 || mode == 1 {
            expect(scratch.value.isEmpty || value.parse(scratch.value) == nil, "what is read is JSON")
        }
        expect(first.count <= 4, "no more faults than asked for")
        expect(faults(validator, mode, text, mostErrors: 4) == first, "the same again is answered the same")
        expect(faults(validator, mode, text, mostErrors: 32).prefix(4) == first[...], "fewer faults are the first ones")
    }
}

private func faults(_ validator: OperationValidator, _ mode: Int, _ text: ByteView, mostErrors: Int) -> [String] {
    if mode >= 4 {
        let type = ByteView(types[mode - 4])
        return validator.checkBody(
            validator.bodyPlan(contentType: type), text, contentType: type, tape: tape, scratch: scratch, mostErrors: mostErrors
        ).map { "\($0.field) \($0.pointer) \($0.code)" }
    }
    let fields = FieldTable(capacity: 1)
    if mode >= 2 {
        let whole = ByteRange(0, text.count)
        _ = fields.append(
            FieldLine(
                name: mode == 2 ? ByteRange(0, min(6, text.count)) : whole, value: whole, line: whole,
                id: mode == 2 ? .other : .cookie))
    }
    return validator.checkParameters(
        path: mode == 0 ? text : .empty, capture: { mode == 0 && $0 >= 0 ? ByteRange(0, text.count) : nil },
        query: mode == 1 ? text : .empty, fields: fields, head: text, scratch: scratch, mostErrors: mostErrors
    ).map { "\($0.field) \($0.pointer) \($0.code)" }
}
