/// What is known about keywords that the compiler does not turn into rules.
enum SchemaKeywords {
    /// Notes that never make a value invalid.
    static let annotations: Set<String> = [
        "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "xml", "externalDocs",
        "discriminator", "$comment",
        "$defs", "definitions", "$anchor", "$dynamicAnchor", "$vocabulary", "contentEncoding", "contentMediaType",
        "contentSchema",
    ]

    /// Rules of JSON Schema that are not implemented. A schema that has one is refused: ignoring it would let values through.
    static let unsupported: Set<String> = [
        "pattern", "patternProperties", "unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef",
        "dependencies",
    ]

    /// Rules of JSON Schema 2020-12 that OpenAPI 3.0 does not have.
    static let unknownToOAS30: Set<String> = [
        "const", "if", "then", "else", "prefixItems", "contains", "minContains", "maxContains", "propertyNames",
        "dependentRequired", "dependentSchemas",
        "patternProperties", "unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef", "$id", "$schema",
    ]

    /// Values of `$schema` that name the rules this compiler follows.
    static let dialects: Set<String> = [
        "https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2020-12/schema#",
        "https://spec.openapis.org/oas/3.1/dialect/base",
    ]
}
