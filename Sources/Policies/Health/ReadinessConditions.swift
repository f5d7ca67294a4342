/// What keeps the process from taking traffic; ready when empty.
///
/// Eight bits, so that the set can live in an atomic that several parties change.
public struct ReadinessConditions: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// No flags were ever loaded; stale ones count as loaded.
    public static let flagCacheNotWarmed = ReadinessConditions(rawValue: 1)
    /// A required core service has had no usable connection since start.
    public static let grpcPoolNotEstablished = ReadinessConditions(rawValue: 2)
    /// A connected Envoy has not acknowledged the newest version.
    public static let xdsSyncIncomplete = ReadinessConditions(rawValue: 4)
    /// The process is shutting down.
    public static let draining = ReadinessConditions(rawValue: 8)

    /// Every condition with its reason, in the order in which reasons are given.
    public static let reasons: [(condition: ReadinessConditions, text: String)] = [
        (.flagCacheNotWarmed, "flag cache not warmed"),
        (.grpcPoolNotEstablished, "gRPC connection pool not established"),
        (.xdsSyncIncomplete, "Envoy xDS sync incomplete"),
        (.draining, "draining"),
    ]

    /// The reasons of all conditions that hold, joined by `; `; nil when ready.
    public var reason: String? {
        let texts = Self.reasons.filter { contains($0.condition) }.map(\.text)
        return texts.isEmpty ? nil : texts.joined(separator: "; ")
    }

    /// The answer of `/ready`.
    public var answer: HealthAnswer {
        guard let reason else { return HealthAnswer(status: 200, body: "{\"status\":\"ready\"}") }
        return HealthAnswer(status: 503, body: "{\"status\":\"not_ready\",\"reason\":\(reason.jsonString)}")
    }
}
