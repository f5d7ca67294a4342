import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GatewayCore
import Synchronization

/// What an authority was asked and how it went, since its start.
public struct AuthorityCounters: Sendable, Equatable {
    /// Questions of requests, answered or not.
    public var questions = 0
    /// Calls made for them.
    public var calls = 0
    /// Calls that ended with a fault, by its code.
    public var faults: [AuthorityFault.Code: Int] = [:]
    /// Questions refused without a call, by the code of the fault.
    public var refusals: [AuthorityFault.Code: Int] = [:]
    /// Requests that wait for an answer now.
    public var waiting = 0
    /// Whether the authority is left alone for the moment.
    public var isOpen = false
}

/// One authority behind the process's caches: asks each question once for everybody who has it, within bounds.
///
/// Lives off the request path, on gRPC's own threads. Safe to call from any thread.
final class Authority<Question: Hashable & Sendable, Answer: Sendable>: Sendable {
    typealias Completion = @Sendable (Result<Answer, AuthorityFault>) -> Void
    typealias Call = @Sendable (AuthorityConnections.Client, Question, CallOptions) async throws -> Answer

    private struct State {
        var board: QuestionBoard<Question, Completion>
        var breaker = AuthorityBreaker()
        var counters = AuthorityCounters()
        var isShutDown = false
    }

    private let connections: AuthorityConnections
    private let timeout: Duration
    private let call: Call
    private let state: Mutex<State>
    private let start = ContinuousClock.now

    init(
        _ settings: PlatformConfiguration.Authority, limits: AuthorityLimits, call: @escaping Call
    ) throws(AuthorityFault) {
        connections = try AuthorityConnections(settings, limits: limits)
        timeout = settings.timeout
        self.call = call
        state = Mutex(State(board: QuestionBoard(limits: limits)))
    }

    /// Asks; `completed` is called exactly once, on any thread, and on the caller's own before this returns when nothing is asked.
    func ask(_ question: Question, _ completed: @escaping Completion) {
        let now = ContinuousClock.now
        let (begins, refusal) = state.withLock { state -> (Bool, AuthorityFault?) in
            state.counters.questions += 1
            if state.isShutDown { return (false, AuthorityFault.closed) }
            switch state.board.ask(question, completed, now: now) {
            case .joined, .queued: return (false, nil)
            case .begin: return (true, nil)
            case .refused:
                state.counters.refusals[.overloaded, default: 0] += 1
                return (false, AuthorityFault(.overloaded, "too many questions at once"))
            }
        }
        if let refusal { return completed(.failure(refusal)) }
        if begins { Task { await work(from: question, since: now) } }
    }

    /// Answers one question and then those that waited for its place.
    private func work(from question: Question, since: ContinuousClock.Instant) async {
        var next: (question: Question, since: ContinuousClock.Instant)? = (question, since)
        while let (question, since) = next {
            let result = await answer(question, until: since.advanced(by: timeout))
            let (askers, follower) = state.withLock { $0.board.finish(question) }
            for asker in askers { asker(result) }
            next = follower
        }
    }

    private func answer(_ question: Question, until deadline: ContinuousClock.Instant) async -> Result<Answer, AuthorityFault> {
        let admission = state.withLock { state in
            let admission = state.breaker.admit(now: milliseconds())
            if admission == .refused {
                state.counters.refusals[.open, default: 0] += 1
            } else {
                state.counters.calls += 1
            }
            return admission
        }
        guard admission != .refused else { return .failure(AuthorityFault(.open, "it failed repeatedly and is left alone")) }
        do {
            let answer = try await connections.call(until: deadline) { try await call($0, question, $1) }
            state.withLock { $0.breaker.succeeded() }
            return .success(answer)
        } catch {
            note(error, of: admission)
            return .failure(error)
        }
    }

    private func note(_ fault: AuthorityFault, of admission: AuthorityBreaker.Admission) {
        let hasOpened = state.withLock { state in
            state.counters.faults[fault.code, default: 0] += 1
            // An authority that answers, with whatever, is there.
            guard fault.isOfTransport else {
                state.breaker.succeeded()
                return false
            }
            return state.breaker.failed(admission, now: milliseconds(), chance: .random(in: 0..<1))
        }
        if hasOpened { connections.renew() }
    }

    var counters: AuthorityCounters {
        state.withLock { state in
            var counters = state.counters
            counters.waiting = state.board.waiting
            counters.isOpen = state.breaker.isOpen
            return counters
        }
    }

    /// Tells everybody who waits that there will be no answer, and closes the connections.
    func shutdown() async {
        let askers = state.withLock { state in
            state.isShutDown = true
            return state.board.dismissAll()
        }
        for asker in askers { asker(.failure(.closed)) }
        await connections.shutdown()
    }

    private func milliseconds() -> Int64 {
        let passed = start.duration(to: .now).components
        return passed.seconds * 1000 + passed.attoseconds / 1_000_000_000_000_000
    }
}
