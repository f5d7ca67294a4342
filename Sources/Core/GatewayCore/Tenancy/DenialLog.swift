import Bytes
import JSON
import Synchronization

/// Why a known caller was refused.
public struct Denial: Sendable {
    /// Unix seconds.
    public let time: Int64
    public let requestID: String
    public let traceID: String
    public let tenant: String
    public let user: String
    public let roles: String
    public let operation: String
    public let status: Int
    /// What was missing: `role`, `permission`, `module`, `plan`, or `unknown` when nobody could say.
    public let reason: Reason
    /// The permission or module that was asked for; the roles of which one is enough.
    public let needed: String
    /// Where it was looked up: `roles` of the token or the `directory` of users.
    public let source: PlatformConfiguration.PermissionOrigin
    /// Permissions or modules that were held instead.
    public let held: Int

    public enum Reason: String, Sendable {
        case role, permission, module, plan, unknown
    }
}

extension Denial {
    /// `{"denials":[…]}`.
    public static func json(_ denials: [Denial]) -> String {
        let out = ByteWriter(capacity: 4096)
        out.append("{\"denials\":[")
        for (index, denial) in denials.enumerated() {
            out.append(index == 0 ? "{\"reason\":" : ",{\"reason\":")
            out.append(jsonString: denial.reason.rawValue)
            out.append(member: "needed", denial.needed)
            out.append(member: "held", denial.held)
            out.append(member: "source", denial.source.rawValue)
            out.append(member: "status", denial.status)
            out.append(member: "operation", denial.operation)
            out.append(member: "tenant", denial.tenant)
            out.append(member: "user", denial.user)
            out.append(member: "roles", denial.roles)
            out.append(member: "requestId", denial.requestID)
            out.append(member: "traceId", denial.traceID)
            out.append(member: "time", Int(denial.time))
            out.append("}")
        }
        out.append("]}\n")
        return String(out.view)
    }
}

/// The last refusals of known callers, for operators who are asked why; one for each loop, which alone writes it.
///
/// Never tokens, queries or bodies. The lock is for the reader, who comes rarely.
public final class DenialLog: Sendable {
    /// Refusals kept.
    public static let capacity = 512

    private struct State {
        var ring: [Denial] = []
        var next = 0
    }

    private let state = Mutex(State())

    public init() {}

    func note(_ denial: Denial) {
        state.withLock { state in
            if state.ring.count < Self.capacity {
                state.ring.append(denial)
            } else {
                state.ring[state.next] = denial
                state.next = (state.next + 1) % Self.capacity
            }
        }
    }

    /// The refusals of all loops, newest first; with `id` those of one request or trace alone.
    public static func all(_ logs: [DenialLog], id: String? = nil) -> [Denial] {
        logs.flatMap { log in log.state.withLock { Array($0.ring[$0.next...] + $0.ring[..<$0.next]) } }
            .filter { id == nil || $0.requestID == id || $0.traceID == id }
            .enumerated().sorted { ($0.element.time, $0.offset) > ($1.element.time, $1.offset) }.map(\.element)
    }
}
