import Bytes
import CORS
public import GatewayCore
import JSON
import Permissions
import Plans
import RESP
import RateLimiting
public import Valkey

/// Facts of tenants as Valkey keeps them, for one loop's directory.
///
/// | fact | key | value |
/// |---|---|---|
/// | modules | `modules:active:{tenant}` | SET of slugs |
/// | rate | `rate_limit:config:{tenant}` | `{"rps":1000,"burst":200}`; no key, no ceiling |
/// | plan | `plan_info:{tenant}` | JSON (docs/plans.md); on a miss Billing is asked |
/// | cors | `cors:{tenant}` | JSON (docs/cors.md); no key, no rules of its own |
/// | permissions | `rbac:{tenant}:{user}` | SET of names; on a miss IAM is asked, and what it says is written (`PermissionClaim`) |
///
/// A value that is something else grants nothing and limits nothing; it is counted. Confined to the loop of its client.
public final class ValkeyFacts: FactSource {
    /// How long an answer is waited for, in milliseconds; a request waits no longer for what is known of its caller.
    static let timeoutMilliseconds = 100
    /// How long an authority's word is believed while Valkey is away and nobody tells of changes, at most.
    static let awayLifeMilliseconds: Int64 = 5000
    /// How long its word is believed when it was not written, in milliseconds: nobody would tell that it has changed.
    static let unwrittenLifeMilliseconds: Int64 = 500

    let directory: TenantDirectory
    let client: ValkeyClient
    private var limits: TenantLimits
    private let authorities: Authorities
    private let lifeMilliseconds: Int64
    private let clock: () -> Int64
    private let replies = Replies()
    private let command = ValkeyCommand()
    private let key = ByteWriter(capacity: 256)
    private let tape = JSONTape()
    private let moduleSets = FactPool<ModuleSet>()
    private let permissionSets = FactPool<HeldPermissions>()
    private var rateRules: [BucketRate: RateRule] = [:]
    /// By tag of their command.
    private var pending: [Pending?] = []
    private var free: [Int] = []
    private var claims = PermissionClaims()

    /// What a command on its way is for.
    private struct Pending {
        enum Purpose {
            case value
            case stake(PermissionClaim)
            /// IAM's word, being written.
            case answer(AuthorityOutcome<[String]>)
        }

        let read: FactRead
        var purpose = Purpose.value
    }

    /// - Parameters:
    ///   - limits: Makes the rule of a tenant's rate.
    ///   - lifeMilliseconds: How long a permission that the authority gave is kept in Valkey.
    ///   - milliseconds: Reads the clock by which the client is ticked.
    public init(
        directory: TenantDirectory, client: ValkeyClient, limits: TenantLimits,
        authorities: Authorities, lifeMilliseconds: Int64, milliseconds: @escaping () -> Int64
    ) {
        self.directory = directory
        self.client = client
        self.limits = limits
        self.authorities = authorities
        self.lifeMilliseconds = lifeMilliseconds
        clock = milliseconds
        replies.facts = self
    }

    deinit { replies.facts = nil }

    /// Takes the limits of a new configuration; ceilings are read again. Other modules alone bring the same ones.
    public func adopt(_ limits: TenantLimits) {
        guard limits !== self.limits else { return }
        self.limits = limits
        rateRules = [:]
        directory.doubtAll()
    }

    public func read(_ read: FactRead) {
        command.begin(read.kind == .modules || read.kind == .permissions ? "SMEMBERS" : "GET")
        command.key(key(of: read))
        send(Pending(read: read))
    }

    /// Sends the command that was written for it.
    private func send(_ item: Pending) {
        let tag = free.popLast() ?? pending.count
        if tag == pending.count { pending.append(item) } else { pending[tag] = item }
        client.send(command, timeoutMilliseconds: Self.timeoutMilliseconds, owner: replies, tag: tag, nowMilliseconds: clock())
    }

    /// The key of what is read, until the next one is written.
    private func key(of read: FactRead) -> ByteView {
        key.removeAll()
        FactKeys.append(read.kind, tenant: read.tenant.name, user: read.user?.name, to: key)
        return key.view
    }

    private func take(_ tag: Int) -> Pending? {
        guard tag >= 0, tag < pending.count, let item = pending[tag] else { return nil }
        pending[tag] = nil
        free.append(tag)
        return item
    }

    // MARK: Answers

    fileprivate func replied(_ reply: RESPValue, tag: Int) {
        guard let item = take(tag) else { return }
        let read = item.read
        switch item.purpose {
        case .value: break
        case .stake(let claim): return ask(read, reply.integer == 1 ? .written(claim) : .unwritten)
        case .answer(let outcome):
            return settle(read, reply.integer == 1 ? outcome : outcome.lasting(atMost: Self.unwrittenLifeMilliseconds))
        }
        switch read.kind {
        case .modules: directory.settle(read, .modules(moduleSets.value(names(reply))))
        case .rate: directory.settle(read, .rate(rate(reply)))
        case .cors: directory.settle(read, .cors(corsRules(reply)))
        case .plan:
            guard let text = reply.string else { return authorities.settlePlan(read, in: directory) }
            switch PlanInfo.parse(text) {
            case .success(let plan): directory.settle(read, .plan(plan))
            case .failure:
                directory.noteMalformed()
                authorities.settlePlan(read, in: directory)
            }
        case .permissions:
            let names = names(reply)
            if authorities.permissions == nil || PermissionClaims.areAnswer(names) {
                return directory.settle(read, .permissions(permissionSets.value(names)))
            }
            if names.isEmpty { stake(read) } else { ask(read, .unwritten) }
        }
    }

    fileprivate func failed(_ error: ValkeyError, tag: Int) {
        guard let item = take(tag) else { return }
        let read = item.read
        if case .answer(let outcome) = item.purpose { return settle(read, outcome.lasting(atMost: Self.awayLifeMilliseconds)) }
        if case .server(code: .wrongType, _) = error { return settleMalformed(read) }
        if read.kind == .permissions, authorities.permissions != nil { return ask(read, .away) }
        if read.kind == .plan, authorities.plan != nil { return authorities.settlePlan(read, in: directory) }
        directory.settle(read, .unavailable)
    }

    private func settleMalformed(_ read: FactRead) {
        directory.noteMalformed()
        switch read.kind {
        case .modules: directory.settle(read, .modules(.none))
        case .rate: directory.settle(read, .rate(nil))
        case .plan: authorities.settlePlan(read, in: directory)
        case .cors: directory.settle(read, .cors(.nothing))
        case .permissions: directory.settle(read, .permissions(.none))
        }
    }

    /// The names of a set; none of anything else.
    private func names(_ reply: RESPValue) -> [[UInt8]] {
        var names: [[UInt8]] = []
        names.reserveCapacity(reply.count)
        for child in reply.children {
            if let name = child.string { names.append(Array(name)) }
        }
        return names
    }

    /// The rule in a tenant's configuration; nil without one. What cannot be read is counted and limits nothing.
    private func rate(_ reply: RESPValue) -> RateRule? {
        guard let text = reply.string else { return nil }
        guard let rate = RateConfiguration.parse(text, tape) else {
            directory.noteMalformed()
            return nil
        }
        if let rule = rateRules[rate] { return rule }
        let rule = limits.ceiling(rate)
        // As many as there are plans; a writer that makes up rates must not fill the memory.
        if rateRules.count >= 1024 { rateRules = [:] }
        rateRules[rate] = rule
        return rule
    }

    /// The tenant's own rules; nil without any. What cannot be read allows nothing.
    private func corsRules(_ reply: RESPValue) -> CORSRules? {
        guard let text = reply.string else { return nil }
        if case .success(let rules) = CORSRules.decode(json: text, tape: tape) { return rules }
        directory.noteMalformed()
        return .nothing
    }

    // MARK: IAM

    /// What becomes of IAM's word.
    private enum Keeping {
        /// It is written in place of the claim.
        case written(PermissionClaim)
        /// Somebody else is asking, and writes it.
        case unwritten
        /// Valkey cannot be asked.
        case away
    }

    private func stake(_ read: FactRead) {
        let claim = claims.next()
        claim.writeStake(key(of: read), to: command)
        send(Pending(read: read, purpose: .stake(claim)))
    }

    private func ask(_ read: FactRead, _ keeping: Keeping) {
        guard let authority = authorities.permissions else { return directory.settle(read, .unavailable) }
        let limit =
            switch keeping {
            case .written: lifeMilliseconds
            case .unwritten: Self.unwrittenLifeMilliseconds
            case .away: Self.awayLifeMilliseconds
            }
        authority(read) { [self] outcome in
            let outcome = outcome.lasting(atMost: limit)
            if case .written(let claim) = keeping { end(claim, read, outcome) } else { settle(read, outcome) }
        }
    }

    /// Writes what IAM said in place of the claim; what becomes of that says how long it may be believed.
    private func end(_ claim: PermissionClaim, _ read: FactRead, _ outcome: AuthorityOutcome<[String]>) {
        if case .known(let names, let life) = outcome {
            claim.writeAnswer(key(of: read), names, lifeMilliseconds: life, to: command)
            return send(Pending(read: read, purpose: .answer(outcome)))
        }
        claim.writeWithdrawal(key(of: read), to: command)
        client.send(command, timeoutMilliseconds: Self.timeoutMilliseconds, owner: replies, tag: -1, nowMilliseconds: clock())
        settle(read, outcome)
    }

    private func settle(_ read: FactRead, _ outcome: AuthorityOutcome<[String]>) {
        directory.settle(read, outcome) { .permissions(permissionSets.value($0.map { Array($0.utf8) })) }
    }

    /// Who is told the ends of commands.
    private final class Replies: ValkeyCommandOwner {
        unowned(unsafe) var facts: ValkeyFacts?
        override func valkeyReplied(_ reply: RESPValue, tag: Int) { facts?.replied(reply, tag: tag) }
        override func valkeyFailed(_ error: ValkeyError, tag: Int) { facts?.failed(error, tag: tag) }
    }
}
