/// What a node of a document is, by where it stands (OpenAPI 3.1 section 4.8): a name that is a keyword in one place is somebody's own in another.
enum Place: Hashable, Sendable {
    case pathItem, operation, parameter, header, body, response, mediaType, encoding, schema, example, link, callback
    case securityScheme, discriminator, mappingValue, requirement
    /// Text and examples, where `$ref` is a word like any other.
    case data
    /// A mapping whose names are somebody's own and whose values are all of one kind.
    indirect case each(Place)

    /// The place of a member; an element of a list stands where the list stands.
    func member(_ name: String) -> Place {
        switch self {
        case .each(let place): place
        case .callback: .pathItem
        case .pathItem: name == "parameters" ? .parameter : Self.methods.contains(name) ? .operation : .data
        case .operation: Self.inOperation[name] ?? .data
        case .parameter, .header: Self.inParameter[name] ?? .data
        case .body: name == "content" ? .each(.mediaType) : .data
        case .response: Self.inResponse[name] ?? .data
        case .mediaType: Self.inMediaType[name] ?? .data
        case .encoding: name == "headers" ? .each(.header) : .data
        case .schema: Self.inSchema[name] ?? .data
        case .discriminator: name == "mapping" ? .each(.mappingValue) : .data
        case .example, .link, .securityScheme, .mappingValue, .requirement, .data: .data
        }
    }

    /// The section of `components` that holds such things; nil for what has none in 3.0.
    var section: String? {
        switch self {
        case .schema: "schemas"
        case .response: "responses"
        case .parameter: "parameters"
        case .example: "examples"
        case .body: "requestBodies"
        case .header: "headers"
        case .securityScheme: "securitySchemes"
        case .link: "links"
        case .callback: "callbacks"
        default: nil
        }
    }

    /// Sections in the order in which they are written.
    static let sections: [(name: String, place: Place)] = [
        ("schemas", .schema), ("responses", .response), ("parameters", .parameter), ("examples", .example),
        ("requestBodies", .body), ("headers", .header), ("securitySchemes", .securityScheme), ("links", .link),
        ("callbacks", .callback),
    ]

    static let methods: Set<String> = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    private static let inOperation: [String: Place] = [
        "parameters": .parameter, "requestBody": .body, "responses": .each(.response), "callbacks": .each(.callback),
        "security": .requirement,
    ]
    private static let inParameter: [String: Place] = [
        "schema": .schema, "content": .each(.mediaType), "examples": .each(.example),
    ]
    private static let inResponse: [String: Place] = [
        "headers": .each(.header), "content": .each(.mediaType), "links": .each(.link),
    ]
    private static let inMediaType: [String: Place] = [
        "schema": .schema, "examples": .each(.example), "encoding": .each(.encoding),
    ]
    private static let inSchema: [String: Place] = [
        "properties": .each(.schema), "patternProperties": .each(.schema), "$defs": .each(.schema),
        "definitions": .each(.schema), "dependentSchemas": .each(.schema), "items": .schema, "prefixItems": .schema,
        "additionalProperties": .schema, "not": .schema, "if": .schema, "then": .schema, "else": .schema, "contains": .schema,
        "propertyNames": .schema, "unevaluatedItems": .schema, "unevaluatedProperties": .schema, "contentSchema": .schema,
        "allOf": .schema, "anyOf": .schema, "oneOf": .schema, "discriminator": .discriminator,
    ]

    /// Whether names here are words of OpenAPI, not somebody's own.
    var isNamed: Bool {
        switch self {
        case .each, .callback, .data, .requirement: false
        default: true
        }
    }
}
