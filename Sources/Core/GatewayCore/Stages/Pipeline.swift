public import Bytes
public import Flags
import HTTP1
import HTTPSemantics
public import JSON
import OpenAPIValidation
import Permissions
import ProblemDetails
public import RateLimiting
public import TokenVerification
import TraceContext

/// Runs the admission stages for one event loop and owns what they remember between requests.
///
/// Confined to its loop. The owner sets the clocks at the start of each turn; the stages read no clock and wait for nothing.
public final class Pipeline {
    /// Monotonic nanoseconds.
    public var now: Int64 = 0
    public var unixSeconds: Int64 = 0
    /// The JSON body being validated or translated.
    public let tape = JSONTape()

    public private(set) var snapshot: Snapshot
    /// Deprecated versions; nil when there is none.
    private(set) var versions: VersionTable?
    /// What flags say; nil while nothing is known of them, and all are off.
    private(set) var flags: FlagSet?
    let limiter: SharedLimiter
    /// The client's address, while its limit is decided.
    let addressText = ByteWriter(capacity: 64)
    var ring: KeyRing
    let tokens: TokenCache<Grants>
    let verifier: TokenVerifier
    var budget = VerifyBudget()
    var turn: UInt64 = 0
    var random = LoopRandom()
    let checking = ValidationScratch()
    let hash: KeyedHash
    let drift: DriftLog
    let denials: DenialLog
    /// What is known of tenants and their users.
    public let directory: TenantDirectory
    /// The loop's part of the audit trail; nil without one.
    public let audit: AuditLog?

    public init(
        snapshot: Snapshot, ring: KeyRing, limiter: SharedLimiter, hash: KeyedHash, drift: DriftLog, denials: DenialLog,
        directory: TenantDirectory, audit: AuditLog? = nil
    ) {
        self.snapshot = snapshot
        self.ring = ring
        self.limiter = limiter
        self.hash = hash
        self.drift = drift
        self.denials = denials
        self.directory = directory
        self.audit = audit
        self.verifier = TokenVerifier(hash: hash)
        self.tokens = TokenCache(hash: hash)
        tokens.adopt(ring)
    }

    /// Takes a new snapshot for the requests that follow.
    public func adopt(_ snapshot: Snapshot) { self.snapshot = snapshot }

    /// Takes new keys: tokens signed by keys that are gone are no longer believed.
    public func adopt(_ ring: KeyRing) {
        self.ring = ring
        tokens.adopt(ring)
    }

    /// Takes which versions are deprecated from now on.
    public func adopt(_ versions: VersionTable?) { self.versions = versions }

    /// Takes what flags say from now on.
    public func adopt(_ flags: FlagSet) { self.flags = flags }

    /// Starts a new turn: new tokens may be verified again.
    public func beginTurn() { turn &+= 1 }

    /// Runs the stages from the first that has not passed.
    public func run(_ request: RequestContext) -> Verdict {
        if let explanation = request.explanation { return runExplained(request, explanation) }
        while true {
            let verdict = perform(request.stage, request)
            guard case .proceed = verdict, let next = Stage(rawValue: request.stage.rawValue + 1) else {
                // What is refused before its stage was reached is for pages to read all the same.
                if case .reject = verdict, request.stage.rawValue < Stage.cors.rawValue { adoptRulesOfArrival(request) }
                return verdict
            }
            request.stage = next
        }
    }

    func perform(_ stage: Stage, _ request: RequestContext) -> Verdict {
        switch stage {
        case .trace: identify(request)
        case .clientAddress: findClient(request)
        case .target: normalise(request)
        case .audit: audit?.admit(request, now: now) ?? .proceed
        case .route: match(request)
        case .cors: admitOrigin(request)
        case .token: authenticate(request)
        case .origin: adoptCaller(request)
        case .rateLimit: limit(request)
        case .module: checkModule(request)
        case .flag: checkFlag(request)
        case .permission: authorise(request)
        case .plan: checkPlan(request)
        case .parameters: checkParameters(request)
        }
    }
}
