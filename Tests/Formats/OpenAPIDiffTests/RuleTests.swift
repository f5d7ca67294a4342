import Documents
import OpenAPI
import OpenAPIDiff
import Testing

/// A change of `base`, what it means, and what the way back means.
struct Rule: CustomTestStringConvertible, Sendable {
    let from: String
    let to: String
    let forward: [String]
    let backward: [String]

    init(_ from: String, _ to: String, _ forward: [String], back: [String]) {
        self.from = from
        self.to = to
        self.forward = forward
        self.backward = back
    }

    var testDescription: String { "\(from.prefix(40)) -> \(to.prefix(40))" }
}

@Suite("rules of a diff")
struct RuleTests {
    static func changed(_ rule: Rule) -> String {
        // The first place alone, so that a rule stands for one change.
        base.replacing(rule.from, with: rule.to, maxReplacements: 1)
    }

    static let document: [Rule] = [
        Rule("/api/v1", "/api/v2", ["breaking base-path-changed"], back: ["breaking base-path-changed"]),
        Rule("{url: /api/v1}", "{url: \"https://h/api/v1\"}", ["note servers-changed"], back: ["note servers-changed"]),
        Rule("openapi: 3.0.3", "openapi: 3.0.0", [], back: []),
        Rule(
            "  /items:\n", "  /things:\n", ["breaking path-removed", "note operation-added"],
            back: ["breaking path-removed", "note operation-added"]),
        Rule(
            "    delete: {operationId: dropItem, responses: {204: {description: gone}}}\n", "", ["breaking operation-removed"],
            back: ["note operation-added"]),
        Rule(
            "operationId: addItem", "operationId: createItem", ["note operation-id-changed"], back: ["note operation-id-changed"]),
        Rule(
            "operationId: addItem", "operationId: addItem\n      deprecated: true", ["note operation-deprecated"],
            back: ["note operation-undeprecated"]),
        Rule("x-timeout: 2s", "x-timeout: 3s", ["note timeout-changed"], back: ["note timeout-changed"]),
        Rule("x-max-body: 1Mi", "x-max-body: 2Mi", ["note max-body-changed"], back: ["warning max-body-changed"]),
        Rule("[websocket]", "[]", ["breaking upgrade-removed"], back: []),
        Rule("      x-permission: shop.items.read\n", "", ["warning permission-removed"], back: ["breaking permission-required"]),
        Rule("shop.items.read", "shop.items.see", ["breaking permission-changed"], back: ["breaking permission-changed"]),
        Rule("security: [{bearer: [read]}]", "security: []", ["warning security-removed"], back: ["breaking security-required"]),
        Rule(
            "security: [{bearer: [read]}]\n", "", [],
            back: ["note security-described"]),
        Rule("{bearer: [read]}]", "{bearer: [read, write]}]", ["breaking security-tightened"], back: ["note security-widened"]),
        Rule("{bearer: [read]}]", "{bearer: [read], key: []}]", ["breaking security-tightened"], back: ["note security-widened"]),
        Rule(
            "{bearer: [read]}]", "{bearer: [read]}, {key: []}]", ["note security-widened"], back: ["breaking security-tightened"]),
        Rule(
            "scheme: bearer}", "scheme: basic}", ["breaking security-scheme-changed"], back: ["breaking security-scheme-changed"]),
        Rule("scheme: bearer}", "scheme: Bearer}", [], back: []),
        Rule(
            "      x-permission: shop.items.read\n", "      x-permission: shop.items.read\n      x-module: shop\n",
            ["breaking module-changed"], back: ["note module-changed"]),
    ]

    static let parameters: [Rule] = [
        Rule(
            "        - {name: X-Trace, in: header, schema: {type: string}}\n", "", ["breaking parameter-removed"],
            back: ["note parameter-added"]),
        Rule(
            "        - {name: X-Trace, in: header, schema: {type: string}}\n",
            "        - {name: X-Trace, in: header, schema: {type: string}}\n        - {name: q, in: query, required: true}\n",
            ["breaking parameter-required-added"], back: ["breaking parameter-removed"]),
        Rule("{name: X-Trace, in: header", "{name: x-trace, in: header", [], back: []),
        Rule(
            "{name: X-Trace, in: header", "{name: X-Trace, in: query", ["breaking parameter-location-changed"],
            back: ["breaking parameter-location-changed"]),
        Rule("required: false", "required: true", ["breaking parameter-required"], back: ["note parameter-optional"]),
        Rule(
            "required: false", "explode: false", ["breaking parameter-style-changed"], back: ["breaking parameter-style-changed"]),
        Rule("required: false", "style: form, explode: true", [], back: []),
        Rule("in: header, schema", "in: header, explode: true, schema", [], back: []),
        Rule(
            "allowReserved: true", "allowReserved: false", ["breaking parameter-reserved-narrowed"],
            back: ["note parameter-reserved-widened"]),
        Rule(
            "required: false", "allowEmptyValue: true", ["note parameter-empty-widened"],
            back: ["breaking parameter-empty-narrowed"]),
        Rule("required: false", "deprecated: true", ["note parameter-deprecated"], back: []),
        Rule(
            "type: integer, minimum: 1", "type: number, minimum: 1", ["note parameter-type-widened"],
            back: ["breaking parameter-type-narrowed"]),
        Rule(
            "type: integer, minimum: 1", "type: boolean, minimum: 1", ["breaking parameter-type-changed"],
            back: ["breaking parameter-type-changed"]),
        Rule("minimum: 1,", "minimum: 2,", ["breaking parameter-minimum-narrowed"], back: ["note parameter-minimum-widened"]),
        Rule("maximum: 100", "maximum: 50", ["breaking parameter-maximum-narrowed"], back: ["note parameter-maximum-widened"]),
        Rule("maximum: 100,", "", ["note parameter-maximum-widened"], back: ["breaking parameter-maximum-narrowed"]),
        Rule("default: 10", "default: 20", ["warning parameter-default-changed"], back: ["warning parameter-default-changed"]),
        Rule(
            "content: {application/json", "content: {application/cbor", ["breaking parameter-media-type-changed"],
            back: ["breaking parameter-media-type-changed"]),
        Rule(
            "items: {type: string}}}\n        - {name: X-Trace", "items: {type: string, enum: [a]}}}\n        - {name: X-Trace",
            ["breaking parameter-enum-narrowed"], back: ["note parameter-enum-widened"]),
    ]

    static let bodies: [Rule] = [
        Rule(", application/xml: {}", "", ["breaking request-media-type-removed"], back: ["note request-media-type-added"]),
        Rule("application/xml: {}", "Application/XML: {}", [], back: []),
        Rule(
            "requestBody:\n        required: true", "requestBody:\n        required: false", ["note request-body-optional"],
            back: ["breaking request-body-required"]),
        Rule(", text/csv: {}", "", ["breaking response-media-type-removed"], back: ["note response-media-type-added"]),
        Rule("        404: {description: none}\n", "", ["note response-error-removed"], back: ["note response-added"]),
        Rule(
            "204: {description: gone}", "202: {description: later}", ["breaking response-removed", "warning response-added"],
            back: ["breaking response-removed", "warning response-added"]),
        Rule("204: {description: gone}", "2XX: {description: gone}", [], back: []),
        Rule("X-Hint: {schema: {type: string}}", "", ["warning response-header-removed"], back: ["note response-header-added"]),
        Rule(
            "X-Total: {required: true, schema: {type: integer}}, ", "", ["breaking response-header-removed"],
            back: ["note response-header-added"]),
        Rule(
            "X-Total: {required: true,", "X-Total: {", ["breaking response-header-optional"],
            back: ["note response-header-required"]),
        Rule(
            "X-Total: {required: true, schema: {type: integer}}", "X-Total: {required: true, schema: {type: string}}",
            ["breaking response-header-type-changed"], back: ["breaking response-header-type-changed"]),
        Rule(
            "text/csv: {}", "text/csv: {encoding: {a: {style: form}}}", ["warning response-encoding-changed"],
            back: ["warning response-encoding-changed"]),
    ]

    static let schemas: [Rule] = [
        Rule(
            "required: [name]", "required: [name, kind]",
            ["breaking request-property-required", "note response-property-required"],
            back: ["breaking response-property-optional", "note request-property-optional"]),
        Rule(
            "        kind: {type: string, enum: [small, large]}\n", "",
            ["breaking response-property-removed", "warning request-property-removed"],
            back: ["note request-property-added", "note response-property-added"]),
        Rule(
            "        id: {type: string, readOnly: true}\n", "", ["breaking response-property-removed"],
            back: ["note response-property-added"]),
        Rule(
            "        secret: {type: string, writeOnly: true}\n", "", ["warning request-property-removed"],
            back: ["note request-property-added"]),
        Rule(
            "[small, large]", "[small]", ["breaking request-enum-narrowed", "note response-enum-narrowed"],
            back: ["note request-enum-widened", "warning response-enum-widened"]),
        Rule(
            "enum: [small, large]", "title: any", ["note request-enum-widened", "warning response-enum-widened"],
            back: ["breaking request-enum-narrowed", "note response-enum-narrowed"]),
        Rule(
            "minLength: 1", "minLength: 2", ["breaking request-min-length-narrowed", "note response-min-length-narrowed"],
            back: ["note request-min-length-widened", "warning response-min-length-widened"]),
        Rule(
            "maxLength: 20", "maxLength: 10", ["breaking request-max-length-narrowed", "note response-max-length-narrowed"],
            back: ["note request-max-length-widened", "warning response-max-length-widened"]),
        Rule("maxItems: 5", "minItems: 0, maxItems: 5", [], back: []),
        Rule(
            "maxItems: 5", "maxItems: 5, minItems: 1",
            ["breaking request-min-items-narrowed", "note response-min-items-narrowed"],
            back: ["note request-min-items-widened", "warning response-min-items-widened"]),
        Rule(
            "uniqueItems: true, ", "", ["note request-unique-items-widened", "warning response-unique-items-widened"],
            back: ["breaking request-unique-items-narrowed", "note response-unique-items-narrowed"]),
        Rule(
            "exclusiveMinimum: true", "exclusiveMinimum: false",
            ["note request-minimum-widened", "warning response-minimum-widened"],
            back: ["breaking request-minimum-narrowed", "note response-minimum-narrowed"]),
        Rule(
            "multipleOf: 2", "multipleOf: 4", ["breaking request-multiple-of-narrowed", "note response-multiple-of-narrowed"],
            back: ["note request-multiple-of-widened", "warning response-multiple-of-widened"]),
        Rule(
            "^[a-z]+$", "^[a-y]+$", ["warning request-pattern-changed", "warning response-pattern-changed"],
            back: ["warning request-pattern-changed", "warning response-pattern-changed"]),
        Rule(
            ", pattern: \"^[a-z]+$\"", "", ["note request-pattern-widened", "warning response-pattern-widened"],
            back: ["breaking request-pattern-narrowed", "note response-pattern-narrowed"]),
        Rule(
            "format: int32", "format: int64", ["breaking response-format-widened", "note request-format-widened"],
            back: ["breaking request-format-narrowed", "note response-format-narrowed"]),
        Rule(
            "format: date}", "format: date-time}", ["breaking request-format-changed", "breaking response-format-changed"],
            back: ["breaking request-format-changed", "breaking response-format-changed"]),
        Rule(
            "ratio: {type: number", "ratio: {type: integer", ["breaking request-type-narrowed", "note response-type-narrowed"],
            back: ["breaking response-type-widened", "note request-type-widened"]),
        Rule(
            ", nullable: true", "", ["breaking request-nullable-narrowed", "note response-nullable-narrowed"],
            back: ["breaking response-nullable-widened", "note request-nullable-widened"]),
        Rule(
            "open: {type: object}", "open: {type: object, additionalProperties: false}",
            ["breaking request-additional-properties-narrowed", "note response-additional-properties-narrowed"],
            back: ["note request-additional-properties-widened", "warning response-additional-properties-widened"]),
        Rule(
            "additionalProperties: {type: integer}", "additionalProperties: {type: number}",
            ["breaking response-type-widened", "note request-type-widened"],
            back: ["breaking request-type-narrowed", "note response-type-narrowed"]),
        Rule(
            "marks: {type: array, uniqueItems: true, maxItems: 5, items: {type: string}}",
            "marks: {type: array, uniqueItems: true, maxItems: 5, items: {type: string, maxLength: 3}}",
            ["breaking request-max-length-narrowed", "note response-max-length-narrowed"],
            back: ["note request-max-length-widened", "warning response-max-length-widened"]),
        Rule(
            ", {$ref: \"#/components/schemas/Dog\"}]",
            ", {$ref: \"#/components/schemas/Dog\"}, {$ref: \"#/components/schemas/Bird\"}]",
            ["note request-variant-widened", "warning response-variant-widened"],
            back: ["breaking request-variant-narrowed", "note response-variant-narrowed"]),
        Rule(
            "[{$ref: \"#/components/schemas/Cat\"}, {$ref: \"#/components/schemas/Dog\"}]",
            "[{$ref: \"#/components/schemas/Dog\"}, {$ref: \"#/components/schemas/Cat\"}]", [], back: []),
        Rule(
            "required: [meow]", "required: []", ["breaking response-property-optional", "note request-property-optional"],
            back: ["breaking request-property-required", "note response-property-required"]),
        Rule(
            "not: {type: integer}", "not: {type: string}",
            ["warning request-condition-changed", "warning response-condition-changed"],
            back: ["warning request-condition-changed", "warning response-condition-changed"]),
        Rule(
            "when: {type: string", "when: {deprecated: true, type: string",
            ["note request-property-deprecated", "note response-property-deprecated"], back: []),
    ]

    @Test("each change is found, and so is the way back", arguments: document + parameters + bodies + schemas)
    func bothWays(_ rule: Rule) throws {
        let changed = Self.changed(rule)
        #expect(changed != base && !changed.isEmpty)
        #expect(try codes(base, changed) == rule.forward.sorted())
        #expect(try codes(changed, base) == rule.backward.sorted())
    }

    @Test("a change stands where it was made, or where it was before it went")
    func places() throws {
        let added = try diff(base, Self.changed(Rule("[name]", "[name, kind]", [], back: [])))
        let change = try #require(added.changes.first { $0.level == .breaking })
        #expect(change.pointer == "/components/schemas/Item/required/1" && change.file == "new.yaml" && change.side == .new)
        #expect(change.place == "POST /items, request body, kind")
        let line = base.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("required: [name]") }
        #expect(change.line == (line ?? 0) + 1)
        let removed = try diff(base, Self.changed(Rule("[small, large]", "[small]", [], back: [])))
        let gone = try #require(removed.changes.first { $0.level == .breaking })
        #expect(gone.file == "old.yaml" && gone.side == .old && gone.pointer == "/components/schemas/Item/properties/kind/enum/1")
        #expect("\(gone)".hasPrefix("old.yaml:\(gone.line):"))
    }

    @Test("the gravest change decides")
    func gravest() throws {
        #expect(try diff(base, base).gravest == nil)
        #expect(try diff(base, Self.changed(Rule("addItem", "createItem", [], back: []))).gravest == .note)
        #expect(try diff(base, Self.changed(Rule("default: 10", "default: 20", [], back: []))).gravest == .warning)
        #expect(try diff(base, Self.changed(Rule("/api/v1", "/api", [], back: []))).gravest == .breaking)
    }
}
