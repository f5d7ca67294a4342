import GatewayCore
import NIOCore

/// Why an authority's answer could not be had. The question stays open: nothing may be concluded from it about a caller.
public struct AuthorityFault: Error, Hashable, Sendable {
    /// What went wrong; safe as a metric label.
    public enum Code: String, Sendable, CaseIterable {
        /// No connection could be made, it broke off, or the authority said that it cannot answer now.
        case unavailable = "unavailable"
        /// No answer within the timeout.
        case timeout = "timeout"
        /// The authority failed again and again and is left alone for a while: nothing was sent.
        case open = "breaker-open"
        /// Too many questions at once: nothing was sent.
        case overloaded = "overloaded"
        /// The authority answered with an error, or with more than `AuthorityLimits` lets in.
        case refused = "refused"
        /// The answer is none, or the question cannot be asked.
        case malformed = "malformed"
        /// The trusted roots or an address cannot be used.
        case configuration = "configuration"
        /// The gateway is shutting down, or another configuration has taken over.
        case closed = "closed"
    }

    public let code: Code
    /// What happened, for the operator; never sent to a client.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    static let closed = AuthorityFault(.closed, "the gateway is shutting down")

    /// Whether it is about one question alone: others may have answers.
    var isOfQuestion: Bool { code == .refused || code == .malformed }

    /// Whether it says something about the way to the authority: another address may do better, and many in a row open the breaker.
    var isOfTransport: Bool { code == .unavailable || code == .timeout }
}

extension Result where Failure == AuthorityFault {
    /// The end of a question as the directory of facts takes it: the answer and how long it may be believed.
    func outcome<Answer>(_ answer: (Success) -> (Answer, Duration)) -> AuthorityOutcome<Answer> {
        switch self {
        case .success(let value):
            let (answer, life) = answer(value)
            return .known(answer, lifeMilliseconds: life.milliseconds)
        case .failure(let fault): return fault.isOfQuestion ? .unanswered : .unavailable
        }
    }
}

/// Calls `completed` on the loop where it was made, whoever calls.
func hop<Value: Sendable>(to loop: any EventLoop, _ completed: @escaping (Value) -> Void) -> @Sendable (Value) -> Void {
    let bound = NIOLoopBound(completed, eventLoop: loop)
    return { value in loop.execute { bound.value(value) } }
}
