import CircuitBreaking
import GatewayCore
import HTTP1
import HTTPSemantics
import ProblemDetails
import TokenVerification

/// What surrounds the call of a service: deadline, breakers before it, their report and the retry after it.
extension Exchange {
    /// Fixes the deadline with the first attempt; it holds for all of them.
    func startDeadline(_ operation: Operation) {
        guard attempt == 0 else { return }
        attempt = 1
        callDeadline = CallDeadline(
            now: worker.now, ours: operation.timeoutMilliseconds, client: request.clientTimeoutMilliseconds)
    }

    /// Asks the service's breakers for one call; when they refuse, so does this request.
    func admitCall(_ service: Service) -> Bool {
        // A call repeated because its connection was stale is still the same call.
        guard ticket == nil, let guardian = worker.callGuard(service) else { return true }
        callGuard = guardian
        if attempt == 1 { guardian.budget.countRequest(now: worker.now) }
        switch guardian.admit(tenant: request.identity?.tenantHash ?? 0, now: worker.now) {
        case nil: return true
        case .allowed(let given):
            ticket = given
            return true
        case .refusedService(let wait):
            worker.counters.breakerRefusals.add()
            request.rejectCall(.service, wait)
            respondProblem()
        case .refusedTenant(let wait):
            worker.counters.tenantRefusals.add()
            request.rejectCall(.tenant, wait)
            respondProblem()
        }
        return false
    }

    /// Tells the breakers how the call ended; only the first report of a call counts.
    func settleCall(_ failure: CallFailureClass) {
        guard let given = ticket.take(), let guardian = callGuard else { return }
        let events = guardian.report(given, callDeadline.classify(failure).outcome, loop: worker.index, now: worker.now)
        if !events.isEmpty { worker.shared.report(events, of: guardian.service, tenant: request.identity?.tenant) }
    }

    /// Ends a failed attempt; true when the request waits for another one.
    func retriesCall(after failure: CallFailureClass, pushback: RetryPushback = .none) -> Bool {
        settleCall(failure)
        guard let guardian = callGuard, bodyMode == .collect, !isAnswerStarted, client != nil, !worker.isDraining else {
            return false
        }
        let method = request.head.method
        let decision = guardian.retry.decide(
            isRead: method == .get || method == .head, attempt: attempt, failure: callDeadline.classify(failure),
            remaining: callDeadline.remaining(at: worker.now), pushback: pushback)
        guard case .after(let delay) = decision, guardian.budget.takeRetry(now: worker.now) else { return false }
        request.withdrawProblem()
        attempt += 1
        retryAt = worker.now + max(1, delay)
        deadline = 0
        hasMessage = false
        worker.counters.retries.add()
        return true
    }

    /// Makes the next attempt when its time has come.
    func retryIfDue(_ now: Int64) {
        guard now >= retryAt else { return }
        retryAt = 0
        forward()
    }
}

/// Which of a service's breakers refuses.
enum RefusingBreaker {
    case service, tenant
}

extension RequestContext {
    /// - Parameter wait: Milliseconds until another call may be made.
    func rejectCall(_ breaker: RefusingBreaker, _ wait: Int64) {
        let detail: StaticString =
            switch breaker {
            case .service: "the service keeps failing; calls to it are held back"
            case .tenant: "calls of this tenant to the service keep failing; they are held back"
            }
        reject(Problem(.serviceUnavailable, detail, retryAfterSeconds: max(1, Int((wait + 999) / 1000))))
    }
}
