public import Documents

/// One media type of a body and what the document says of bodies of that type.
public struct OpenAPIMediaType: Sendable {
    /// In lowercase, a type such as `application/json` or a range such as `text/*`, its parameters behind semicolons.
    public let mediaType: String
    /// Nil when any body of the type will do.
    public let schema: SourceNode?
    /// How members of a form are written, by name.
    public let encodings: [OpenAPIEncoding]
    /// The media type object, for findings.
    public let node: SourceNode
}

/// How one member of a form is written.
public struct OpenAPIEncoding: Sendable {
    /// The member's name.
    public let property: String
    /// The media types or ranges that its value may have, in lowercase; empty when the document names none.
    public let contentTypes: [String]
    /// Headers of the part; only in multipart bodies.
    public let headers: [OpenAPIParameter]
    /// Nil when none of `style`, `explode` and `allowReserved` is written: the value is written by its media type.
    public let style: OpenAPIParameter.Style?
    /// By default only in the style `form`.
    public let explodes: Bool
    public let allowsReserved: Bool
    /// The encoding object, for findings.
    public let node: SourceNode
}
