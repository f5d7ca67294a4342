import Documents
import OpenAPI
import OpenAPIDiff
import Testing

/// A document to change; each test replaces one line or a few words of it.
let base = """
    openapi: 3.0.3
    info: {title: Shop, version: "1"}
    servers: [{url: /api/v1}]
    security: [{bearer: [read]}]
    paths:
      /items/{id}:
        get:
          operationId: getItem
          x-permission: shop.items.read
          x-timeout: 2s
          x-max-body: 1Mi
          x-upgrade: [websocket]
          parameters:
            - {name: id, in: path, required: true, schema: {type: string}}
            - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100, default: 10}}
            - {name: tags, in: query, required: false, allowReserved: true, schema: {type: array, items: {type: string}}}
            - {name: X-Trace, in: header, schema: {type: string}}
            - {name: where, in: query, content: {application/json: {schema: {type: object}}}}
          responses:
            200:
              description: ok
              headers: {X-Total: {required: true, schema: {type: integer}}, X-Hint: {schema: {type: string}}}
              content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}, text/csv: {}}
            404: {description: none}
        delete: {operationId: dropItem, responses: {204: {description: gone}}}
      /items:
        post:
          operationId: addItem
          x-permission: shop.items.write
          requestBody:
            required: true
            content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}, application/xml: {}}
          responses: {default: {description: any}}
    components:
      securitySchemes: {bearer: {type: http, scheme: bearer}, key: {type: apiKey, in: header, name: X-Key}}
      schemas:
        Item:
          type: object
          required: [name]
          properties:
            id: {type: string, readOnly: true}
            secret: {type: string, writeOnly: true}
            name: {type: string, minLength: 1, maxLength: 20, pattern: "^[a-z]+$"}
            kind: {type: string, enum: [small, large]}
            count: {type: integer, format: int32, minimum: 0, exclusiveMinimum: true}
            ratio: {type: number, multipleOf: 2}
            when: {type: string, format: date}
            note: {type: string, nullable: true}
            marks: {type: array, uniqueItems: true, maxItems: 5, items: {type: string}}
            open: {type: object}
            map: {type: object, additionalProperties: {type: integer}}
            pet: {oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]}
            parent: {$ref: "#/components/schemas/Item"}
            strange: {not: {type: integer}}
        Cat: {type: object, required: [meow], properties: {meow: {type: boolean}}}
        Dog: {type: object, properties: {bark: {type: boolean}}}
        Bird: {type: object, properties: {sing: {type: boolean}}}
    """

func document(_ text: String, file: String = "api.yaml") throws -> OpenAPIDocument {
    let (document, findings) = OpenAPIDocument.load(text: Array(text.utf8), file: file)
    return try #require(document, "\(findings)")
}

func diff(_ old: String, _ new: String) throws -> DocumentDiff {
    DocumentDiff(from: try document(old, file: "old.yaml"), to: try document(new, file: "new.yaml"))
}

/// `level code` of each change, sorted, without repetition.
func codes(_ old: String, _ new: String) throws -> [String] {
    Set(try diff(old, new).changes.map { "\($0.level) \($0.code)" }).sorted()
}
