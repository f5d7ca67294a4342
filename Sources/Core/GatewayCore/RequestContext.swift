public import Bytes
public import HTTP1
public import HTTPSemantics
import OpenAPIValidation
public import ProblemDetails
import RateLimiting
public import Routing
public import TokenVerification
public import TraceContext

/// What the stages know about one request. Owned by one exchange, reused for the next request, never shared between loops.
public final class RequestContext {
    /// The parsed head; its ranges index `headBytes`.
    public let head: RequestHead
    /// The fields of `head`.
    public let fields: FieldTable
    /// A copy of the head, so that the socket's buffer is free at once.
    public let headBytes = ByteWriter(capacity: 1024)
    /// Captured path segments; ranges index `path`.
    public let captures = Captures()

    /// The first stage that has not answered `proceed` yet.
    public internal(set) var stage = Stage.trace
    /// The other end of the connection.
    public private(set) var connectionPeer = ClientAddress.unknown
    /// The client: the connection's peer, or whom a trusted proxy names.
    public internal(set) var peer: ClientAddress {
        get { namedPeer ?? connectionPeer }
        set { namedPeer = newValue }
    }
    private var namedPeer: ClientAddress?
    /// Whether the connection's peer is a trusted proxy.
    public internal(set) var isPeerTrusted = false
    public internal(set) var isSecure = false
    public internal(set) var trace: TraceContext
    public internal(set) var requestID: RequestID
    let state = TraceState()
    let traceText = ByteWriter(capacity: 64)
    public internal(set) var operation: Operation?
    /// What its answer says of the version it is for; nil unless that is deprecated.
    var notice: VersionNotice?
    /// The caller; nil on public operations.
    public internal(set) var identity: Identity?
    var grants: Grants?
    /// How often it waited for what is known of its caller.
    var factWaits = 0
    /// Whether the issuer was asked for this request's key already.
    var hasAskedForKeys = false
    /// What pages of other origins may know of the answer.
    var crossOrigin = CrossOrigin()
    /// The limits that apply to it.
    let rates = AppliedRates()
    /// What it has waited for of them.
    var limitProgress = LimitProgress()
    /// Why the request is refused.
    public private(set) var problem: Problem?
    /// Whether the refusal is for bytes that two readers could understand differently: nothing more of the connection is
    /// believed.
    public internal(set) var isMalformed = false
    public internal(set) var tokenFault: TokenFault?
    public internal(set) var allowedMethods: MethodSet?
    /// What is to be done with the body.
    var bodyPlan = BodyPlan.unchecked
    /// Whether the body was held to its description.
    var isBodyChecked = false
    /// What is to be done with the answer's body.
    var answerPlan = BodyPlan.unchecked
    /// How the client speaks gRPC, and is answered; nil for all others, and while no service takes such clients.
    public internal(set) var grpcForm: GRPCForm?
    /// Whether the body is a gRPC call's own messages, which go to the service as they are.
    public internal(set) var isFramedCall = false
    var problems = ProblemWriter()
    /// What it has of the audit trail.
    var auditRoom = AuditLog.Room.none
    /// When it no longer waits for room there, in the loop's nanoseconds; 0 while it does not wait.
    var auditDeadline: Int64 = 0

    /// What is written down instead of served; nil for requests of clients.
    public var explanation: Explanation?

    private let normalised = ByteWriter(capacity: 512)
    private var pathRange = ByteRange.empty
    private var queryRange: ByteRange?
    private var isNormalised = false

    public init(limits: HTTP1Limits) {
        head = RequestHead(capacity: limits.fields)
        fields = head.fields
        var random = LoopRandom(seed: 1)
        trace = TraceContext(continuing: nil, random: &random)
        requestID = RequestID(random: &random)
    }

    // MARK: Life

    /// Parses a head; when it is complete its bytes are kept.
    public func parse(_ bytes: ByteView, limits: HTTP1Limits) -> HeadOutcome {
        let outcome = head.parse(bytes, limits: limits)
        if case .complete(let headBytes) = outcome {
            self.headBytes.removeAll()
            self.headBytes.append(bytes[0, headBytes])
        }
        return outcome
    }

    /// Takes the connection's facts before the first stage.
    public func begin(peer: ClientAddress, isSecure: Bool) {
        self.connectionPeer = peer
        namedPeer = nil
        self.isSecure = isSecure
    }

    /// Forgets the request.
    public func end() {
        stage = .trace
        operation = nil
        notice = nil
        identity = nil
        grants = nil
        crossOrigin = CrossOrigin()
        rates.removeAll()
        limitProgress = LimitProgress()
        problem = nil
        isMalformed = false
        tokenFault = nil
        allowedMethods = nil
        bodyPlan = .unchecked
        isBodyChecked = false
        answerPlan = .unchecked
        grpcForm = nil
        isFramedCall = false
        hasAskedForKeys = false
        factWaits = 0
        isNormalised = false
        pathRange = .empty
        queryRange = nil
        isPeerTrusted = false
        auditDeadline = 0
        explanation = nil
    }

    // MARK: Target

    /// Normalised path, still percent-encoded.
    public var path: ByteView { targetBytes[pathRange] }

    /// Query without the question mark; empty when there is none.
    public var query: ByteView { queryRange.map { headBytes.view[$0] } ?? .empty }

    private var targetBytes: ByteView { isNormalised ? normalised.view : headBytes.view }

    /// The range in `path` of a path variable; nil when there is none of that index.
    public func capture(_ index: Int) -> ByteRange? { index < captures.count ? captures[index] : nil }

    /// Calls `body` with the slug of the module the request is for; empty when the path has none.
    func withName<Result>(of module: ModuleReference, _ body: (ByteView) -> Result) -> Result {
        switch module {
        case .fixed(let slug): slug.withByteView(body)
        case .capture(let index): body(capture(index).map { path[$0] } ?? .empty)
        }
    }

    /// The request's and the trace's id as text, for what is written off the hot path.
    var requestIDText: String { requestID.withView { String($0) } }
    var traceIDText: String {
        let out = ByteWriter(capacity: 32)
        trace.appendTraceID(to: out)
        return String(out.view)
    }

    /// Writes normalised path and query as they go upstream.
    public func appendTarget(to out: ByteWriter) {
        out.append(path)
        if let queryRange {
            out.append("?")
            out.append(headBytes.view[queryRange])
        }
    }

    /// The value of `Content-Type`; empty without one.
    public var contentType: ByteView { fields.first(.contentType).map { headBytes.view[$0.value] } ?? .empty }

    /// Whether a body was announced; it may still be empty.
    var hasBody: Bool { head.framing != .none }

    /// Whether the body is held until it is whole.
    public var needsWholeBody: Bool { bodyPlan.needsWholeBody || bodyPlan.kind == .unsupported }

    /// Whether the body is compressed or otherwise encoded (RFC 9110 section 8.4).
    var isEncoded: Bool {
        fields.isRepeated(.contentEncoding)
            || fields.first(.contentEncoding).map { !headBytes.view[$0.value].equalsIgnoringCase("identity") } ?? false
    }

    /// The authority the client named; empty when an HTTP/1.0 client named none.
    public var authority: ByteView { headBytes.view[head.authority] }

    /// Whether the request asks for an upgrade that its route allows.
    public var isUpgrade: Bool { head.requestsUpgrade && operation?.allowsUpgrade == true }

    /// Normalises the target once; the stages and the upstream see the same path.
    func normaliseTarget() -> HTTP1Fault? {
        normalised.removeAll()
        switch TargetNormaliser.normalise(headBytes.view, head.target.pathAndQuery, into: normalised) {
        case .success(let target):
            pathRange = target.path
            queryRange = target.query
            isNormalised = target.isRewritten
            return nil
        case .failure(let fault): return fault
        }
    }

    // MARK: Refusing

    public func reject(_ problem: Problem) { self.problem = problem }

    /// Forgets why an attempt failed: another one follows.
    public func withdrawProblem() { problem = nil }

    public func reject(_ slug: ProblemSlug, _ detail: StaticString) { problem = Problem(slug, detail) }

    /// Writes the problem document.
    public func writeProblem(_ problem: Problem, to out: ByteWriter) {
        problems.write(problem, instance: path, traceHigh: trace.traceHigh, traceLow: trace.traceLow, to: out)
    }
}
