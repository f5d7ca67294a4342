import Bytes
public import GatewayCore
public import NIOCore
public import Valkey

/// One loop's connection to the store of tenants: facts read, changes told.
public final class ValkeyBackend: TenantBackend {
    private let client: ValkeyClient
    private let valkeyFacts: ValkeyFacts
    private let tracker: Tracker

    public var facts: any FactSource { valkeyFacts }

    /// A backend whose connections `tick` opens.
    ///
    /// - Parameters:
    ///   - authority: Who is asked for permissions that are not kept; nil grants none then.
    ///   - lifeSeconds: How long the authority's word is kept.
    ///   - seed: Draws delays.
    public init(
        loop: any EventLoop, directory: TenantDirectory, settings: ValkeySettings, authority: PermissionAuthority?,
        lifeSeconds: Int64, seed: UInt64, nowMilliseconds: Int64
    ) throws(ValkeyEndpointError) {
        tracker = Tracker(directory)
        client = try ValkeyClient(
            loop: loop, endpoint: settings.endpoint, security: settings.security,
            tracking: ValkeyTracking(prefixes: FactKeys.prefixes, owner: tracker), seed: seed, nowMilliseconds: nowMilliseconds)
        valkeyFacts = ValkeyFacts(
            directory: directory, client: client, rules: { RateRule.tenant($0) }, authority: authority,
            lifeSeconds: lifeSeconds, nowMilliseconds: nowMilliseconds)
    }

    public func tick(nowMilliseconds: Int64) {
        valkeyFacts.now = nowMilliseconds
        client.tick(nowMilliseconds: nowMilliseconds)
    }

    public func adopt(_ snapshot: Snapshot) {}

    public func shutDown() { client.shutdown() }

    /// Tells the directory what the server says of its keys.
    private final class Tracker: ValkeyTrackingOwner {
        private let directory: TenantDirectory

        init(_ directory: TenantDirectory) { self.directory = directory }

        override func valkeyInvalidated(_ key: ByteView) {
            FactKeys.parse(key) { [directory] kind, tenant, user in directory.invalidate(kind, tenant: tenant, user: user) }
        }

        override func valkeyInvalidatedAll() { directory.forgetAll() }
        override func valkeyTrackingLost() { directory.lost() }
        override func valkeyTrackingRestored() { directory.restored() }
    }
}

/// Which Valkey, and how it is spoken to: the same for all loops.
public struct ValkeySettings: Sendable {
    public let endpoint: ValkeyEndpoint
    public let security: ValkeySecurity?

    public init(endpoint: ValkeyEndpoint, security: ValkeySecurity?) {
        self.endpoint = endpoint
        self.security = security
    }
}
