/// Which rules a schema is written by.
public enum SchemaDialect: Sendable, CaseIterable {
    /// The schema object of OpenAPI 3.0: a dialect of draft 5 with `nullable` and boolean `exclusiveMinimum`.
    case oas30
    /// The schema object of OpenAPI 3.1: JSON Schema 2020-12 with the vocabulary of OpenAPI.
    case oas31
    /// JSON Schema 2020-12.
    case draft2020
}

/// Which way the values go that a program checks.
public enum SchemaDirection: Sendable, CaseIterable {
    /// To the upstream: members marked `readOnly` are not required.
    case request
    /// To the client: members marked `writeOnly` are not required.
    case response
    /// Neither: the marks mean nothing.
    case either
}

/// How a schema is compiled.
public struct SchemaOptions: Sendable {
    public var dialect: SchemaDialect
    public var direction: SchemaDirection
    /// Whether `format` is a rule or only a note; default true for OpenAPI, false for JSON Schema.
    public var assertsFormats: Bool
    /// Whether `contentEncoding`, `contentMediaType` and `contentSchema` are rules or only notes; default false.
    public var assertsContent: Bool
    /// Whether a member that belongs to the other direction (`readOnly` in a request, `writeOnly` in a response) is an error when
    /// it is sent; default false: clients send back what they were given, and its value is checked like any other.
    public var refusesForeignMembers: Bool
    /// Most schemas of one program, so that a document cannot fill the memory; default 262 144, which is 64 MB of tables.
    public var mostSchemas = 1 << 18

    /// Options; `assertsFormats` nil means the dialect's default.
    public init(
        dialect: SchemaDialect, direction: SchemaDirection = .either, assertsFormats: Bool? = nil, assertsContent: Bool = false,
        refusesForeignMembers: Bool = false
    ) {
        self.dialect = dialect
        self.direction = direction
        self.assertsFormats = assertsFormats ?? (dialect != .draft2020)
        self.assertsContent = assertsContent
        self.refusesForeignMembers = refusesForeignMembers
    }
}
