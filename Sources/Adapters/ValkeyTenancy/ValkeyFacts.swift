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
/// | permissions | `rbac:{tenant}:{user}` | SET of names; on a miss IAM is asked, and what it says is written |
///
/// A value that is something else grants nothing and limits nothing; it is counted. Confined to the loop of its client.
public final class ValkeyFacts: FactSource {
    /// How long an answer is waited for, in milliseconds; a request waits no longer for what is known of its caller.
    static let timeoutMilliseconds = 100
    /// What stands in a set that must not be empty: no permission has such a name.
    static let nobody: StaticString = "-"
    /// How long an authority's word is believed while Valkey is away and nobody tells of changes, at most.
    static let awayLifeMilliseconds: Int64 = 5000

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
    private var reads: [FactRead?] = []
    private var free: [Int] = []
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
        key.removeAll()
        FactKeys.append(read.kind, tenant: read.tenant.name, user: read.user?.name, to: key)
        command.begin(read.kind == .modules || read.kind == .permissions ? "SMEMBERS" : "GET")
        command.key(key.view)
        let tag = free.popLast() ?? reads.count
        if tag == reads.count { reads.append(read) } else { reads[tag] = read }
        client.send(command, timeoutMilliseconds: Self.timeoutMilliseconds, owner: replies, tag: tag, nowMilliseconds: clock())
    }

    private func take(_ tag: Int) -> FactRead? {
        guard tag >= 0, tag < reads.count, let read = reads[tag] else { return nil }
        reads[tag] = nil
        free.append(tag)
        return read
    }

    // MARK: Answers

    fileprivate func replied(_ reply: RESPValue, tag: Int) {
        guard let read = take(tag) else { return }
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
            if names.isEmpty, let authority = authorities.permissions { return ask(authority, read, isKept: true) }
            directory.settle(read, .permissions(permissionSets.value(names)))
        }
    }

    fileprivate func failed(_ error: ValkeyError, tag: Int) {
        guard let read = take(tag) else { return }
        if case .server(code: .wrongType, _) = error { return settleMalformed(read) }
        if read.kind == .permissions, let authority = authorities.permissions { return ask(authority, read, isKept: false) }
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

    private func ask(_ authority: Authorities.Ask<[String]>, _ read: FactRead, isKept: Bool) {
        authority(read) { [self] outcome in
            let outcome = outcome.lasting(atMost: isKept ? lifeMilliseconds : Self.awayLifeMilliseconds)
            if isKept, case .known(let names, let life) = outcome { keep(read, names, life) }
            directory.settle(read, outcome) { .permissions(permissionSets.value($0.map { Array($0.utf8) })) }
        }
    }

    /// Writes what IAM said, unless somebody else did meanwhile. Valkey then tells every loop, this one too.
    private func keep(_ read: FactRead, _ names: [String], _ life: Int64) {
        key.removeAll()
        FactKeys.append(.permissions, tenant: read.tenant.name, user: read.user?.name, to: key)
        command.begin(Self.keepScript, keys: 1)
        command.key(key.view)
        command.append(decimal: max(1, life))
        if names.isEmpty { command.append(Self.nobody) }
        for name in names { name.withByteView { command.append($0) } }
        client.send(command, timeoutMilliseconds: Self.timeoutMilliseconds, owner: replies, tag: -1, nowMilliseconds: clock())
    }

    /// KEYS: the set. ARGV: milliseconds it is kept, then its members.
    private static let keepScript = ValkeyScript(
        """
        if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
        for i = 2, #ARGV do redis.call('SADD', KEYS[1], ARGV[i]) end
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        return 1
        """)

    /// Who is told the ends of commands.
    private final class Replies: ValkeyCommandOwner {
        unowned(unsafe) var facts: ValkeyFacts?
        override func valkeyReplied(_ reply: RESPValue, tag: Int) { facts?.replied(reply, tag: tag) }
        override func valkeyFailed(_ error: ValkeyError, tag: Int) { facts?.failed(error, tag: tag) }
    }
}
