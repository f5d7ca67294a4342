/// Groups of keywords that a metaschema can leave out (JSON Schema Core section 8.1.2).
struct SchemaVocabularies: OptionSet, Sendable {
    let rawValue: UInt8

    static let core = Self(rawValue: 1)
    static let applicator = Self(rawValue: 2)
    static let unevaluated = Self(rawValue: 4)
    static let validation = Self(rawValue: 8)
    /// Keywords that never make a value invalid.
    static let notes = Self(rawValue: 16)
    static let format = Self(rawValue: 32)
    /// `format` as a rule whatever the options say.
    static let formatAssertion = Self(rawValue: 64)
    static let content = Self(rawValue: 128)

    /// What a schema without `$schema` may use.
    static let standard: Self = [.core, .applicator, .unevaluated, .validation, .notes, .format, .content]

    private static let prefix = "https://json-schema.org/draft/2020-12/vocab/"

    /// The vocabulary with a URI, or nil.
    init?(uri: String) {
        if uri == "https://spec.openapis.org/oas/3.1/vocab/base" {
            self = .notes
            return
        }
        guard uri.hasPrefix(Self.prefix) else { return nil }
        switch uri.dropFirst(Self.prefix.count) {
        case "core": self = .core
        case "applicator": self = .applicator
        case "unevaluated": self = .unevaluated
        case "validation": self = .validation
        case "meta-data": self = .notes
        case "format-annotation": self = .format
        case "format-assertion": self = [.format, .formatAssertion]
        case "content": self = .content
        default: return nil
        }
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }
}

/// What is known about the keywords of JSON Schema 2020-12 and OpenAPI.
struct SchemaKeyword {
    /// Where a keyword's value has schemas.
    enum Shape { case none, schema, list, map }

    let vocabulary: SchemaVocabularies
    let shape: Shape
    /// Whether OpenAPI 3.0 has it too.
    let isInOAS30: Bool

    /// The keyword called `name`; nil for any other, which is a note.
    static func named(_ name: String) -> SchemaKeyword? { all[name] }

    /// Whether a schema that has nothing else beside a reference is no more than the reference.
    static func isNote(_ name: String) -> Bool { all[name].map { $0.vocabulary == .notes || silent.contains(name) } ?? true }

    private static let silent: Set<String> = [
        "$id", "$anchor", "$dynamicAnchor", "$comment", "$defs", "definitions", "$schema", "$vocabulary",
    ]

    /// Rules of earlier drafts that 2020-12 no longer has; whoever writes one means something that is not checked.
    static let replaced: [String: String] = [
        "additionalItems": "use items beside prefixItems", "$recursiveRef": "use $dynamicRef",
        "$recursiveAnchor": "use $dynamicAnchor", "divisibleBy": "use multipleOf", "disallow": "use not", "extends": "use allOf",
    ]

    private static let all: [String: SchemaKeyword] = {
        var all: [String: SchemaKeyword] = [:]
        func add(_ vocabulary: SchemaVocabularies, _ shape: Shape = .none, oas30: [String] = [], _ names: [String] = []) {
            for name in names { all[name] = SchemaKeyword(vocabulary: vocabulary, shape: shape, isInOAS30: false) }
            for name in oas30 { all[name] = SchemaKeyword(vocabulary: vocabulary, shape: shape, isInOAS30: true) }
        }
        add(.core, oas30: ["$ref"], ["$id", "$schema", "$anchor", "$dynamicAnchor", "$dynamicRef", "$vocabulary", "$comment"])
        add(.core, .map, ["$defs", "definitions"])
        add(.applicator, .list, oas30: ["allOf", "anyOf", "oneOf"], ["prefixItems"])
        add(.applicator, .map, oas30: ["properties"], ["patternProperties", "dependentSchemas", "dependencies"])
        add(
            .applicator, .schema, oas30: ["not", "items", "additionalProperties"],
            ["if", "then", "else", "contains", "propertyNames"])
        add(.unevaluated, .schema, ["unevaluatedItems", "unevaluatedProperties"])
        add(
            .validation,
            oas30: [
                "type", "enum", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
                "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "required",
                "nullable",
            ], ["const", "minContains", "maxContains", "dependentRequired"])
        add(.format, oas30: ["format"])
        add(.content, .none, ["contentEncoding", "contentMediaType"])
        add(.content, .schema, ["contentSchema"])
        add(
            .notes,
            oas30: [
                "title", "description", "default", "deprecated", "readOnly", "writeOnly", "example", "xml", "externalDocs",
                "discriminator",
            ], ["examples"])
        return all
    }()
}
