public import OpenAPI

/// What changed between two versions of an OpenAPI document, seen from its clients.
public struct DocumentDiff: Sendable {
    /// Changes kept; a rewrite has no use for a longer list.
    public static let maximumChanges = 10_000
    /// Pairs of schemas compared: the largest published documents have some thousands; shared ones are compared once.
    public static let maximumPairs = 200_000
    /// Nesting of schemas, references followed; deeper ones are left out and `isComplete` says so.
    public static let maximumDepth = 64

    /// In the order of the new document; what is gone comes first.
    public let changes: [DocumentChange]
    /// False when a limit cut the comparison short.
    public let isComplete: Bool

    /// The gravest change; nil when nothing changed.
    public var gravest: DocumentChange.Level? { changes.map(\.level).max() }

    /// Compares what a client can see: paths, parameters, bodies, answers, security, and the gateway's own keys.
    ///
    /// Schemas are compared by structure, references followed, so that moving one elsewhere is no change; `nullable` of OpenAPI
    /// 3.0 and a type of `null` in 3.1 are the same. Not compared: webhooks, callbacks, links, examples, words for people.
    public init(from old: OpenAPIDocument, to new: OpenAPIDocument) {
        let comparison = Comparison(old, new)
        comparison.compareDocuments()
        changes = comparison.log.changes
        isComplete = comparison.log.isComplete
    }
}
