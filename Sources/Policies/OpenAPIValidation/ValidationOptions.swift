public import Documents
public import HTTPSemantics

/// What of an operation is compiled, and how.
public struct ValidationOptions: Sendable {
    /// Whether requests are checked; default true.
    public var checksRequests = true
    /// Whether answers are checked; default true.
    public var checksResponses = true
    /// Whether a query parameter that the operation does not declare is a fault; default false: links carry parameters of their
    /// own, and what a service does not know does it no harm.
    public var refusesUnknownParameters = false
    /// Headers that the gateway writes itself: what a document asks of them is no matter of the client's. Default none.
    public var suppliedHeaders: FieldNameSet = []
    /// Whether every value is read into `ValidationScratch.value`, even one of which nothing is left to check; default false.
    public var keepsValues = false
    /// The schema of each message where the body of the request is a stream of them; the body as a whole is then not checked.
    public var requestMessage: SourceNode?
    /// The schema of each message where the body of the answer is a stream of them; the answer as a whole is then not checked.
    public var responseMessage: SourceNode?

    public init() {}
}
