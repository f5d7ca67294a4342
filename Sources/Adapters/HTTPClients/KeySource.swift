public import TokenVerification

/// Where an issuer's key set comes from, and how often to look.
public struct KeySource: Sendable {
    /// Names the place; another id means another source, whose keys the old ones do not stand in for.
    public let id: String
    /// When to look again.
    public let times: KeyRefreshPolicy.Times
    /// Reads the document; nil means unchanged since the last answer that was not nil.
    let load: @Sendable () async -> Result<[UInt8]?, KeySourceFault>

    /// A source read by `load`, which must end by itself in bounded time.
    public init(
        id: String, times: KeyRefreshPolicy.Times = KeyRefreshPolicy.Times(),
        load: @escaping @Sendable () async -> Result<[UInt8]?, KeySourceFault>
    ) {
        self.id = id
        self.times = times
        self.load = load
    }

    /// A key set at a URL, with the policy's default times.
    public static func url(_ url: String, _ fetcher: JWKSFetcher, times: KeyRefreshPolicy.Times = KeyRefreshPolicy.Times())
        -> KeySource
    {
        KeySource(id: url, times: times) { await fetcher.fetch(url).map { $0 } }
    }

    /// Times of a source on this machine: looking costs nothing, so it is looked at every second.
    public static let localTimes = KeyRefreshPolicy.Times(
        refresh: 1_000, demand: 1_000, firstRetry: 1_000, lastRetry: 1_000, unknown: 1_000)
}

/// Why a key set could not be read.
public struct KeySourceFault: Error, Sendable, Hashable {
    /// What went wrong; the raw value may label a metric.
    public enum Code: String, Sendable, CaseIterable {
        /// No connection, no valid TLS, or the connection broke.
        case unreachable = "keys-unreachable"
        /// No complete answer within the timeout.
        case timeout = "keys-timeout"
        /// Another status than 200; redirects are not followed.
        case status = "keys-status"
        /// A document type that is not JSON.
        case contentType = "keys-content-type"
        /// A larger document than `KeySet.maximumBytes`.
        case tooLarge = "keys-too-large"
        /// A file that cannot be read.
        case file = "keys-file"
        /// A document that is no key set with a usable key.
        case document = "keys-document"
    }

    public let code: Code
    /// One sentence for the operator; never sent to a client.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
