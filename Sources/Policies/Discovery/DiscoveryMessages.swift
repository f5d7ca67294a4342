/// How a stream talks of resources (xDS protocol, "Variants of the xDS Transport Protocol").
public enum DiscoveryVariant: String, Sendable {
    /// Each answer holds all resources of a kind.
    case stateOfTheWorld = "state-of-the-world"
    /// Each answer holds what changed.
    case delta
}

/// Who asks (`envoy.config.core.v3.Node`), as it says itself.
public struct DiscoveryNode: Sendable, Hashable {
    public var id = ""
    public var cluster = ""

    public init(id: String = "", cluster: String = "") { (self.id, self.cluster) = (id, cluster) }
}

/// A request of either variant (`DiscoveryRequest`, `DeltaDiscoveryRequest`).
public struct DiscoveryRequest: Sendable, Hashable {
    /// Nil when the client did not say, as in all requests but the first.
    public var node: DiscoveryNode?
    public var typeURL = ""
    /// All names asked for (`resource_names`), or those added (`resource_names_subscribe`).
    public var names: [String] = []
    /// Only of the delta variant.
    public var unsubscribed: [String] = []
    /// What the client held when it connected, by name; only of the delta variant.
    public var known: [String: String] = [:]
    /// The version the client holds; only of state of the world.
    public var version = ""
    /// Of the answer this is about; empty for none.
    public var nonce = ""
    /// Why that answer was refused; nil when it was not (`error_detail`).
    public var refusal: String?

    public init() {}
}

/// An answer of either variant (`DiscoveryResponse`, `DeltaDiscoveryResponse`).
public struct DiscoveryResponse: Sendable, Hashable {
    public let typeURL: String
    public let version: String
    public let nonce: String
    public let resources: [DiscoveryResource]
    /// Only of the delta variant.
    public let removed: [String]
}

/// What a request said of an earlier answer.
public enum DiscoveryVerdict: Sendable {
    /// Nothing.
    case none
    /// Accepted.
    case acknowledged
    /// Refused.
    case refused(DiscoveryRefusal)
    /// It was about an answer that a later one replaced; or a protocol fault that harms nobody.
    case stale
    /// The stream cannot go on, with why.
    case invalid(String)
}

/// An answer that a client did not take.
public struct DiscoveryRefusal: Sendable {
    public let kind: DiscoveryKind
    /// The client's words.
    public let message: String
    /// Names of the resources that the answer held.
    public let names: [String]
    /// Of the set the answer was made of.
    public let generation: UInt64
    /// Of the last set of which the client took this kind; nil when there was none.
    public let accepted: UInt64?

    public init(
        kind: DiscoveryKind, message: String, names: [String], generation: UInt64, accepted: UInt64?
    ) {
        self.kind = kind
        self.message = message
        self.names = names
        self.generation = generation
        self.accepted = accepted
    }
}
