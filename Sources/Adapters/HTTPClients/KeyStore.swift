import Bytes
import Synchronization
public import TokenVerification

/// The process's one owner of verification keys: loads them, refreshes them and publishes each new ring.
///
/// Lives off the request path; `KeyRefreshPolicy` decides, this class acts. Keys once loaded stay until their source answers
/// with others: a source that is down, or answers nonsense, is reported and changes nothing. Safe to call from any thread.
public final class KeyStore: Sendable {
    /// An issuer of the configuration with the source of its keys.
    public struct Issuer: Sendable {
        public let rule: IssuerRule
        public let source: KeySource

        public init(_ rule: IssuerRule, _ source: KeySource) {
            self.rule = rule
            self.source = source
        }

        /// The name under which the policy knows the issuer: another source starts anew.
        var name: String { "\(rule.issuer)\u{0}\(source.id)" }
    }

    /// Something worth a log line or a metric.
    public enum Event: Sendable {
        /// New keys are in use; `findings` are the set's bad keys.
        case loaded(issuer: String, keys: Int, findings: [KeyFinding])
        /// The source could not be read; `keys` of before stay in use.
        case failed(issuer: String, keys: Int, KeySourceFault)
    }

    /// Most requests parked for one fetch; more are answered at once, because a flood of strange tokens must not fill memory.
    static let maximumWaiting = 4096

    private let state = Mutex(KeyStoreState())
    private let published = Mutex<UInt64>(0)
    private let kidHash: KeyedHash
    private let now: @Sendable () -> Int64
    private let chance: @Sendable () -> Double
    private let publish: @Sendable (KeyRing) -> Void
    private let report: @Sendable (Event) -> Void

    /// A store without issuers.
    ///
    /// `publish` gets each new ring, in order, one call at a time; it must not wait. `now` is milliseconds of a monotonic clock,
    /// `chance` a number in 0..<1.
    public init(
        now: @escaping @Sendable () -> Int64 = KeyStore.monotonicMilliseconds,
        chance: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }, seed: UInt64 = .random(in: .min ... .max),
        publish: @escaping @Sendable (KeyRing) -> Void, report: @escaping @Sendable (Event) -> Void
    ) {
        self.now = now
        self.chance = chance
        self.publish = publish
        self.report = report
        kidHash = KeyedHash(seed: seed)
    }

    /// The newest ring.
    public var ring: KeyRing { state.withLock { $0.ring } }

    /// Issuers whose keys were never loaded; empty means ready.
    public var neverLoaded: [String] {
        state.withLock { state in
            let names = Set(state.policy.neverLoaded)
            return state.issuers.filter { names.contains($0.name) }.map(\.rule.issuer)
        }
    }

    /// Takes over a configuration: issuers whose source stays the same keep their keys, and a new ring is published.
    public func setIssuers(_ issuers: [Issuer]) {
        let orphans = state.withLock { state in
            let names = Set(issuers.map(\.name))
            state.issuers = issuers
            state.held = state.held.filter { names.contains($0.key) }
            state.policy.setIssuers(
                Dictionary(issuers.map { ($0.name, $0.source.times) }) { first, _ in first }, now: now())
            let orphans = state.waiting.filter { !names.contains($0.key) }.flatMap(\.value)
            state.waiting = state.waiting.filter { names.contains($0.key) }
            state.renewRing()
            return orphans
        }
        announce(to: orphans)
    }

    /// Asks an issuer for a key that a token names.
    ///
    /// True means that a fetch is under way and `completion` will be called once, on any thread, with the ring to verify the
    /// token against again; false means that the key is unknown for now, and `completion` is never called.
    public func requestRefresh(_ unknown: UnknownKey, completion: @escaping @Sendable (KeyRing) -> Void) -> Bool {
        let key = hash(unknown.keyID)
        let (isParked, fetch) = state.withLock { state -> (Bool, Issuer?) in
            guard let issuer = state.issuers.first(where: { $0.rule.issuer == unknown.issuerName }) else { return (false, nil) }
            guard state.waiting[issuer.name, default: []].count < Self.maximumWaiting else { return (false, nil) }
            let answer = state.policy.unknownKey(issuer: issuer.name, key: key, now: now())
            guard answer != .answerUnknown else { return (false, nil) }
            state.waiting[issuer.name, default: []].append(completion)
            return (true, answer == .fetch ? issuer : nil)
        }
        if let fetch { Task { await load(fetch) } }
        return isParked
    }

    /// Loads every source that is due and waits for all of them; at the start that is every source.
    public func loadDue() async {
        await withDiscardingTaskGroup { group in
            for issuer in takeDue() { group.addTask { await self.load(issuer) } }
        }
    }

    /// Refreshes in the background until the task is cancelled.
    public func run(every interval: Duration = .milliseconds(500)) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for issuer in takeDue() { group.addTask { await self.load(issuer) } }
                try? await Task.sleep(for: interval)
            }
        }
    }

    private func takeDue() -> [Issuer] {
        state.withLock { state in
            let names = Set(state.policy.due(now: now()))
            var seen: Set<String> = []
            return state.issuers.filter { names.contains($0.name) && seen.insert($0.name).inserted }
        }
    }

    private func load(_ issuer: Issuer) async {
        let answer = await issuer.source.load().flatMap(Self.parse)
        let (event, waiting) = state.withLock { $0.finish(issuer, answer, now: now(), chance: chance(), hash: hash) }
        if let event { report(event) }
        announce(to: waiting)
    }

    /// Publishes the newest ring unless that was done, then lets parked requests go on with it.
    private func announce(to waiting: [@Sendable (KeyRing) -> Void]) {
        let ring = published.withLock { last in
            let ring = self.ring
            if ring.generation > last {
                publish(ring)
                last = ring.generation
            }
            return ring
        }
        for completion in waiting { completion(ring) }
    }

    private static func parse(_ bytes: [UInt8]?) -> Result<KeySet?, KeySourceFault> {
        guard let bytes else { return .success(nil) }
        return bytes.withByteView { KeySet.parse($0) }.map { $0 }
            .mapError { KeySourceFault(.document, "not a usable key set (\($0.code))") }
    }

    /// A token without `kid` counts as one more name.
    private func hash(_ keyID: [UInt8]?) -> UInt64 {
        guard let keyID else { return kidHash(ByteView.empty) }
        return keyID.withByteView { kidHash($0) }
    }

    /// Milliseconds of the system's monotonic clock.
    @Sendable public static func monotonicMilliseconds() -> Int64 {
        let passed = ContinuousClock.now - start
        return passed.components.seconds * 1000 + passed.components.attoseconds / 1_000_000_000_000_000
    }

    private static let start = ContinuousClock.now
}
