public import RateLimiting

/// What a loop has beside itself for what is known of tenants: made once for each loop, on it, and used on it alone.
public protocol TenantBackend: AnyObject {
    /// Where the loop's directory reads facts.
    var facts: any FactSource { get }

    /// Where the loop's limits are counted; nil for this process alone.
    var limits: LimitSource? { get }

    /// Does what comes with time; some twenty times a second.
    func tick(nowMilliseconds: Int64)

    /// Takes a new configuration.
    func adopt(_ snapshot: Snapshot)

    /// Ends everything it began.
    func shutDown()
}

/// The backend without a store: what the configuration says.
public final class ConfiguredBackend: TenantBackend {
    private let configured: ConfiguredFacts

    public var facts: any FactSource { configured }

    public var limits: LimitSource? { nil }

    public init(_ snapshot: Snapshot, directory: TenantDirectory, authorities: Authorities = Authorities()) {
        configured = ConfiguredFacts(directory: directory, snapshot: snapshot, authorities: authorities)
    }

    public func tick(nowMilliseconds: Int64) {}
    public func adopt(_ snapshot: Snapshot) { configured.adopt(snapshot) }
    public func shutDown() {}
}
