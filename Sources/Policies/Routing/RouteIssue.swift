/// Why a route was left out of a table.
public struct RouteIssue: Hashable, Sendable {
    /// A kebab-case word without dynamic text: `route-conflict`, `too-many-segments`, `too-many-variables`.
    public var code: String
    /// The route left out, in the order routes were added.
    public var route: Int
    /// The route it conflicts with; nil when the fault is its own.
    public var other: Int?
    /// What is wrong and how to fix it.
    public var message: String
}
