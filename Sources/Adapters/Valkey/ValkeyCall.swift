import Bytes
import RESP

/// Names a command that was sent; stale after its end, when it does nothing.
public struct ValkeyCallHandle: Equatable, Sendable {
    var index: Int32
    var generation: UInt32

    /// A handle of no command.
    public static let none = ValkeyCallHandle(index: -1, generation: 0)
}

/// One command from `send` to its end; pooled by its client together with its bytes, which redirects send again.
final class ValkeyCall {
    enum State {
        case free
        /// With a session, or parked until there is one.
        case open
        /// Sent again at `resumeAt`.
        case delayed
        /// Ended inside `send`; the owner is told at the end of the turn.
        case refused
    }

    /// Memory that an unused call keeps.
    private static let keptBytes = 16 << 10

    let index: Int
    private(set) var generation: UInt32 = 0
    var state = State.free
    var owner: ValkeyCommandOwner?
    var tag = 0
    var deadline: Int64 = 0
    var resumeAt: Int64 = 0
    /// How often it was sent again.
    var repeats = 0
    /// Of the first key; nil when there is none.
    var slot: UInt16?
    /// Whether a replica may answer.
    var isRead = false
    var script: ValkeyScript?
    /// Whether ASKING must go before it.
    var needsAsking = false
    /// The connection's count of sent commands when this one was.
    var sentAt: UInt64 = 0
    /// Why a refused call was.
    var refusal = ValkeyError.refused
    let bytes = ByteWriter(capacity: 256)
    /// The next free call, or -1.
    var next = -1

    init(index: Int) { self.index = index }

    var handle: ValkeyCallHandle { ValkeyCallHandle(index: Int32(truncatingIfNeeded: index), generation: generation) }

    var queueSlot: ValkeySlot { ValkeySlot(call: index, generation: generation, bytes: bytes.count) }

    func take(_ command: ValkeyCommand) {
        bytes.beginRESPCommand(parts: command.parts)
        bytes.append(command.body.view)
        script = command.script
    }

    /// Makes the call free for another use; every handle to it becomes stale.
    func clear() {
        generation &+= 1
        state = .free
        owner = nil
        script = nil
        repeats = 0
        needsAsking = false
        bytes.removeAll(keepingAtMost: Self.keptBytes)
    }
}
