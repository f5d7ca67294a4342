public import Bytes
public import GatewayCore
public import Valkey

/// Tells a loop's directory what the server says of its keys.
public final class FactTracker: ValkeyTrackingOwner {
    private let directory: TenantDirectory

    public init(_ directory: TenantDirectory) { self.directory = directory }

    /// What is to be tracked.
    public var tracking: ValkeyTracking { ValkeyTracking(prefixes: FactKeys.prefixes, owner: self) }

    public override func valkeyInvalidated(_ key: ByteView) {
        FactKeys.parse(key) { [directory] kind, tenant, user in directory.invalidate(kind, tenant: tenant, user: user) }
    }

    public override func valkeyInvalidatedAll() { directory.forgetAll() }
    public override func valkeyTrackingLost() { directory.lost() }
    public override func valkeyTrackingRestored() { directory.restored() }
}
