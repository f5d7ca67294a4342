import AuditRecords
import Bytes
import HTTP1
import HTTPSemantics
import ProblemDetails
import Synchronization
import TokenVerification
import TraceContext

/// Writes one loop's records: room for one is taken before a request is routed, and filled before the last byte of its answer leaves.
///
/// Confined to its loop. Writing asks neither the system nor anybody else.
public final class AuditLog {
    private let ring: AuditRing
    private let trail: AuditTrail
    private let patienceNanoseconds: Int64
    private var ids = TimedIDSource()
    private var random = LoopRandom()
    /// Requests whose record has room and was not written yet.
    private var reserved = 0
    /// Records since the count that all can see was moved on.
    private var uncounted: UInt64 = 0

    public init(_ trail: AuditTrail, loop: Int) {
        ring = trail.rings[loop]
        self.trail = trail
        patienceNanoseconds = Int64(clamping: Int(trail.patience / .nanoseconds(1)))
    }

    /// What a request has of the trail.
    enum Room {
        /// It is not to be recorded, or was.
        case none
        /// There is room for its record, whatever comes.
        case reserved
        /// Its record is written if there is room then.
        case hoped
    }

    /// Takes room for the request's record; it may have to wait for some.
    func admit(_ request: RequestContext, now: Int64) -> Verdict {
        if ring.hasRoom(for: reserved &+ 1) {
            reserved &+= 1
            request.auditRoom = .reserved
            return .proceed
        }
        return admitLate(request, now: now)
    }

    @inline(never)
    private func admitLate(_ request: RequestContext, now: Int64) -> Verdict {
        let state = trail.state
        let mustNotWait =
            trail.whenFull == .dropNewest
            || (trail.whenFull == .spill && (state.isSpoolFull.load(ordering: .relaxed) || ring.free > ring.capacity / 4))
        if !mustNotWait {
            if request.auditDeadline == 0 {
                request.auditDeadline = now &+ patienceNanoseconds
                state.delayed.wrappingAdd(1, ordering: .relaxed)
                return .wait(.auditRoom)
            }
            if now < request.auditDeadline { return .wait(.auditRoom) }
        }
        if trail.whenFull == .block {
            state.refused.wrappingAdd(1, ordering: .relaxed)
            request.rejectWithoutRecord()
            return .reject
        }
        request.auditRoom = .hoped
        return .proceed
    }

    /// Writes the request's record, once.
    ///
    /// - Parameters:
    ///   - status: of the answer; 0 when the client left before there was one.
    ///   - unixMilliseconds: now.
    ///   - durationMs: since the request's head was read.
    public func record(
        _ request: RequestContext, status: Int, attempts: Int, isComplete: Bool, unixMilliseconds: Int64, durationMs: Int64
    ) {
        switch request.auditRoom {
        case .none: return
        case .reserved: reserved &-= 1
        case .hoped: break
        }
        request.auditRoom = .none
        let operation = request.operation
        // Probes of whoever runs the process are no calls of the platform.
        if let operation, operation.isProbe { return }
        var entry = AuditEntry(
            id: ids.next(at: unixMilliseconds, random: &random), startedAt: unixMilliseconds &- durationMs,
            durationMs: UInt32(clamping: durationMs), status: status == 0 ? 499 : UInt16(clamping: status),
            attempts: UInt8(clamping: attempts), isComplete: isComplete, traceHigh: request.trace.traceHigh,
            traceLow: request.trace.traceLow)
        if let identity = request.identity {
            entry.tenant = identity.tenant
            entry.user = identity.subject
        }
        if let operation {
            let names = operation.names
            entry.route = names.route
            entry.service = names.service
            entry.module = names.module
            if case .capture(let index) = operation.module, let range = request.capture(index) {
                entry.module = request.path[range]
            }
        }
        let head = request.head
        entry.method =
            head.method == .other ? request.headBytes.view[head.methodRange] : ByteView(head.method.token)
        entry.path = request.path
        if let agent = request.fields.first(.userAgent) { entry.userAgent = request.headBytes.view[agent.value] }
        if let problem = request.problem { entry.problem = ByteView(problem.slug.text) }
        request.peer.text.withByteView { address in
            request.requestID.withView { id in
                entry.address = address
                entry.requestID = id
                append(entry)
            }
        }
    }

    private func append(_ entry: AuditEntry) {
        guard ring.append(entry) else {
            trail.state.dropped.wrappingAdd(1, ordering: .relaxed)
            return
        }
        uncounted &+= 1
    }

    /// Adds what was written to the count that all can see; called now and then.
    public func count() {
        guard uncounted > 0 else { return }
        trail.state.written.wrappingAdd(uncounted, ordering: .relaxed)
        uncounted = 0
    }
}
