import Documents
import OpenAPI
import OpenAPIMerge
import Testing

func part(_ service: String, _ text: String) -> DocumentMerge.Part {
    let (document, findings) = OpenAPIDocument.load(text: Array(text.utf8), file: "\(service).yaml")
    guard let document else { fatalError("\(findings)") }
    return DocumentMerge.Part(service: service, document: document)
}

func merged(_ parts: [DocumentMerge.Part]) throws -> SourceNode {
    let value = try DocumentMerge.merge(parts, below: "/api/v1", title: "Platform", number: "1")
    // Both forms are read by what reads every document, and are the same.
    let yaml = try #require(try? SourceDocument.parse(text: Array(value.yaml.utf8), file: "m.yaml").get())
    let json = try #require(try? SourceDocument.parse(text: Array(value.json.utf8), file: "m.json").get())
    #expect(MergedValue(yaml).json == value.json)
    #expect(MergedValue(json).json == value.json)
    let (document, findings) = OpenAPIDocument.load(text: Array(value.yaml.utf8), file: "m.yaml")
    #expect(document != nil, "\(findings)")
    return yaml
}

private func fault(_ parts: [DocumentMerge.Part]) -> MergeFault.Code? {
    do throws(MergeFault) {
        _ = try DocumentMerge.merge(parts, below: "/api/v1", title: "Platform", number: "1")
        return nil
    } catch { return error.code }
}

private let shop = """
    openapi: 3.0.3
    info: {title: Shop, version: "7"}
    servers: [{url: /api/v1}]
    security: [{bearer: []}]
    tags: [{name: items, description: what is sold}]
    x-module: shop
    paths:
      /items/{id}:
        parameters: [{$ref: "#/components/parameters/ID"}]
        get:
          operationId: get
          x-permission: shop.items.read
          tags: [items]
          responses:
            "200":
              description: ok
              content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}}
              links: {again: {operationId: get}}
            default: {$ref: "#/components/responses/Problem"}
        delete:
          operationId: drop
          security: []
          responses: {"204": {description: gone}}
    components:
      securitySchemes: {bearer: {type: http, scheme: bearer}}
      parameters: {ID: {name: id, in: path, required: true, schema: {type: string}}}
      responses:
        Problem:
          description: why not
          content: {application/problem+json: {schema: {$ref: "#/components/schemas/Problem"}}}
      schemas:
        Item:
          type: object
          properties:
            price: {type: number, minimum: 0, exclusiveMinimum: true, nullable: true}
            next: {$ref: "#/components/schemas/Item"}
            example: {type: string, example: {$ref: not a reference}}
        Problem: {type: object, properties: {type: {type: string}, cause: {$ref: "#/components/schemas/Problem"}}}
    """

private let crm = """
    openapi: 3.1.0
    info: {title: CRM, version: "2"}
    servers: [{url: /api}]
    paths:
      /v1/contacts:
        get:
          operationId: get
          security: [{bearer: []}]
          tags: [people]
          responses:
            "200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}}}
      /v2/contacts:
        get: {operationId: newer, responses: {"200": {description: ok}}}
    components:
      securitySchemes: {bearer: {type: apiKey, in: header, name: X-Key}}
      schemas:
        Item: {type: [object, "null"], properties: {name: {$ref: "#/components/schemas/Name", description: whole}}}
        Name: {type: string}
    """

@Suite struct MergeTests {
    @Test func takesThePathsBelowThePrefixAndNoOthers() throws {
        let document = try merged([part("shop", shop), part("crm", crm)])
        let paths = document["paths"]?.entries?.compactMap(\.key.text)
        #expect(paths == ["/api/v1/items/{id}", "/api/v1/contacts"])
        #expect(document["openapi"]?.string == "3.1.1")
        #expect(document["info"]?["title"]?.string == "Platform")
        #expect(document["info"]?["version"]?.string == "1")
        #expect(document["servers"] == nil)
    }

    @Test func namesThatAreTakenHaveTheServiceBeforeThem() throws {
        let document = try merged([part("shop", shop), part("crm", crm)])
        let schemas = document["components"]?["schemas"]
        #expect(schemas?.entries?.compactMap(\.key.text) == ["Item", "Name", "Problem", "crm_Item"])
        let answer = document.node(
            at: "/paths/~1api~1v1~1contacts/get/responses/200/content/application~1json/schema/$ref")
        #expect(answer?.string == "#/components/schemas/crm_Item")
        #expect(schemas?["crm_Item"]?["properties"]?["name"]?["description"]?.string == "whole")
        #expect(document.node(at: "/paths/~1api~1v1~1contacts/get/operationId")?.string == "crm_get")
        #expect(document.node(at: "/paths/~1api~1v1~1contacts/get/security/0/crm_bearer") != nil)
        #expect(document.node(at: "/components/securitySchemes/crm_bearer/type")?.string == "apiKey")
        #expect(document.node(at: "/paths/~1api~1v1~1items~1{id}/get/responses/200/links/again/operationId")?.string == "get")
    }

    @Test func whatADocumentSaysOfAllIsSaidOfEach() throws {
        let document = try merged([part("shop", shop)])
        let item = document["paths"]?["/api/v1/items/{id}"]
        #expect(item?["get"]?["security"]?.elements?.first?["bearer"] != nil)
        #expect(item?["delete"]?["security"]?.elements?.isEmpty == true)
        #expect(document["tags"]?.elements?.first?["name"]?.string == "items")
        #expect(item?["parameters"]?.elements?.first?["$ref"]?.string == "#/components/parameters/ID")
    }

    @Test func whatIsForTheGatewayAloneIsNotTold() throws {
        let value = try DocumentMerge.merge([part("shop", shop)], below: "/api/v1", title: "t", number: "1")
        #expect(!value.json.contains("x-"))
    }

    @Test func schemasOfTheOlderDialectAreConverted() throws {
        let document = try merged([part("shop", shop)])
        let price = document["components"]?["schemas"]?["Item"]?["properties"]?["price"]
        #expect(price?["type"]?.elements?.compactMap(\.string) == ["number", "null"])
        #expect(price?["exclusiveMinimum"]?.integer == 0)
        #expect(price?["minimum"] == nil && price?["nullable"] == nil)
        // A name that is a keyword elsewhere, and a word that is a reference elsewhere.
        let example = document["components"]?["schemas"]?["Item"]?["properties"]?["example"]
        #expect(example?["example"]?["$ref"]?.string == "not a reference")
    }

    @Test func whatSeveralServicesHaveInCommonIsToldOnce() throws {
        let twin = shop.replacing("/items/{id}", with: "/things/{id}")
        let document = try merged([part("shop", shop), part("twin", twin)])
        #expect(document["components"]?["schemas"]?.entries?.count == 2)
        #expect(document["components"]?["securitySchemes"]?.entries?.count == 1)
        #expect(document["components"]?["responses"]?.entries?.count == 1)
        // One word deep inside makes all that lead to it another.
        let other = try merged([part("shop", shop), part("twin", twin.replacing("cause:", with: "reason:"))])
        #expect(
            other["components"]?["schemas"]?.entries?.compactMap(\.key.text) == ["Item", "Problem", "twin_Problem"])
        #expect(other["components"]?["responses"]?["twin_Problem"] != nil)
    }

    @Test func theSameInTheSameOrderIsTheSame() throws {
        let parts = [part("shop", shop), part("crm", crm)]
        let first = try DocumentMerge.merge(parts, below: "/api/v1", title: "t", number: "1").yaml
        for _ in 0..<5 {
            #expect(try DocumentMerge.merge(parts, below: "/api/v1", title: "t", number: "1").yaml == first)
        }
    }

    @Test func methodsOfSeveralServicesMeetAtOnePath() throws {
        let both = try merged([
            part("crm", crm),
            part(
                "more", crm.replacing("get: {operationId", with: "put: {operationId").replacing("    get:\n", with: "    post:\n")
            ),
        ])
        let item = both["paths"]?["/api/v1/contacts"]
        #expect(item?["get"] != nil && item?["post"] != nil)
        #expect(fault([part("crm", crm), part("other", crm)]) == .duplicatePath)
        #expect(fault([part("shop", shop), part("other", shop)]) == .duplicatePath)
    }

    @Test func nothingBelowThePrefixIsNoDocument() {
        #expect(fault([]) == .empty)
        #expect(fault([part("crm", crm.replacing("/v1/contacts", with: "/v10/contacts"))]) == .empty)
    }

    @Test func discriminatorsPointAtTheirSchemas() throws {
        let pets = """
            openapi: 3.1.0
            info: {title: Pets, version: "1"}
            paths:
              /api/v1/pets:
                get:
                  responses:
                    "200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
            components:
              schemas:
                Pet:
                  oneOf: [{$ref: "#/components/schemas/Cat"}]
                  discriminator: {propertyName: kind, mapping: {cat: Cat, tom: "#/components/schemas/Cat"}}
                Cat: {type: object, properties: {kind: {type: string}}}
            """
        let document = try merged([
            part("a", pets),
            part(
                "b",
                pets.replacing("/pets", with: "/b").replacing("Pets", with: "B")
                    .replacing("kind: {type: string}", with: "kind: {type: string, maxLength: 5}")),
        ])
        let mapping = document["components"]?["schemas"]?["b_Pet"]?["discriminator"]?["mapping"]
        #expect(mapping?["cat"]?.string == "#/components/schemas/b_Cat")
        #expect(mapping?["tom"]?.string == "#/components/schemas/b_Cat")
    }

    @Test func pathItemsThatLeadToThemselvesEnd() {
        let endless = """
            openapi: 3.1.0
            info: {title: T, version: "1"}
            paths:
              /api/v1/a:
                post:
                  callbacks: {back: {"{$request.body#/url}": {$ref: "#/paths/~1api~1v1~1a"}}}
                  responses: {"200": {description: ok}}
            """
        #expect(fault([part("a", endless)]) == .reference)
    }

    @Test func oddTextsComeThrough() throws {
        let text = "a: \\\"b\\\" \\\\ #c\\n\\u2028\\u0007 'd' \\ud83d\\ude00"
        let document = try merged([
            part(
                "odd",
                """
                {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/api/v1/a": {"get": {"summary": "\(text)",
                "x-n": [1e400, -0.5, 12345678901234567890, null, true, {}, [], "yes", "1"],
                "responses": {"200": {"description": "ok"}}}}}}
                """)
        ])
        let operation = document["paths"]?["/api/v1/a"]?["get"]
        #expect(operation?["summary"]?.string == "a: \"b\" \\ #c\n\u{2028}\u{7} 'd' 😀")
        #expect(operation?["x-n"]?.elements?.count == 9)
        #expect(operation?["x-n"]?.elements?[7].string == "yes")
    }
}
