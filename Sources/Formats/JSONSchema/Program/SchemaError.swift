/// One rule that a value breaks. Never holds the value.
public struct SchemaError: Sendable, Hashable {
    /// Where in the value, as an RFC 6901 pointer; empty for the whole value.
    public let instancePointer: String
    /// Where in the document the rule is written, as an RFC 6901 pointer.
    public let schemaPointer: String
    /// The rule's keyword, or `false` for a schema that allows nothing.
    public let keyword: String
    /// What the rule asks for.
    public let message: String
    /// What the rule is about beyond its place: the JSON type found where `type`, `false`, `additionalProperties` or
    /// `unevaluatedProperties` refuses one, the name that `required` or `dependentRequired` misses; nil for other keywords.
    public let subject: String?

    public init(instancePointer: String, schemaPointer: String, keyword: String, message: String, subject: String? = nil) {
        self.instancePointer = instancePointer
        self.schemaPointer = schemaPointer
        self.keyword = keyword
        self.message = message
        self.subject = subject
    }
}
