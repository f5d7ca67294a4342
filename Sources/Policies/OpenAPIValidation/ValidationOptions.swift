public import HTTPSemantics

/// What of a document's operations is compiled, and how.
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

    public init() {}
}
