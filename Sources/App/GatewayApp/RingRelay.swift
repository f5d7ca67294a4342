import DataPlane
import Synchronization
import TokenVerification

/// Passes published key rings to the data plane once there is one.
final class RingRelay: Sendable {
    private let plane = Mutex<DataPlane?>(nil)

    func connect(_ plane: DataPlane) { self.plane.withLock { $0 = plane } }

    func publish(_ ring: KeyRing) { plane.withLock { $0 }?.adopt(ring) }
}
