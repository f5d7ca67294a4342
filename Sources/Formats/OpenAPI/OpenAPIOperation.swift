public import Documents
public import HTTPSemantics

/// One operation of a document: a method on a path.
public struct OpenAPIOperation: Sendable {
    public let method: RequestMethod
    /// The path as written under `paths`, without the base path.
    public let path: String
    /// Names of the `{parameters}` in the path, in order.
    public let pathParameters: [String]
    /// `operationId`; unique in the document, nil when missing.
    public let operationID: String?
    /// Whether the effective `security` is `[]`: no token is asked for and none is looked at.
    public let isPublic: Bool
    /// Those of the path item first, unless the operation overrides them.
    public let parameters: [OpenAPIParameter]
    /// Nil when the operation declares no body.
    public let requestBody: OpenAPIRequestBody?
    /// In document order.
    public let responses: [OpenAPIResponse]
    /// The gateway's own extensions.
    public let extensions: OperationExtensions
    /// The operation object, for findings.
    public let node: SourceNode
    /// The key of the path, for findings about it.
    public let pathNode: SourceNode
}

/// A declared request body.
public struct OpenAPIRequestBody: Sendable {
    public let isRequired: Bool
    /// In document order.
    public let content: [OpenAPIMediaType]
    public let node: SourceNode
}
