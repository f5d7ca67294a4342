import Bytes

/// When to ask issuers for their keys: a pure machine with injected time and chance.
///
/// It decides and the adapter acts: `due` and `unknownKey` name the issuers to fetch, `finished` reports how it went. One
/// fetch an issuer at a time, whoever wants it. It never forgets keys: a failed fetch only changes when the next one is.
/// All times are milliseconds of one monotonic clock.
public struct KeyRefreshPolicy: Sendable {
    /// The times of the policy; background waits are made up to a tenth shorter or longer, so that instances do not ask together.
    public struct Times: Sendable, Hashable {
        /// Between successful fetches; default 5 min.
        public var refresh: Int64
        /// At least this long from one fetch to the next that an unknown key causes; default 10 s.
        public var demand: Int64
        /// After the first failure in a row, doubled for each further one; default 1 s.
        public var firstRetry: Int64
        /// The longest time between failures; default 60 s.
        public var lastRetry: Int64
        /// How long a key stays known as unknown; default 30 s.
        public var unknown: Int64

        /// The given times, each at least 1 ms.
        public init(
            refresh: Int64 = 300_000, demand: Int64 = 10_000, firstRetry: Int64 = 1_000, lastRetry: Int64 = 60_000,
            unknown: Int64 = 30_000
        ) {
            self.refresh = max(1, refresh)
            self.demand = max(1, demand)
            self.firstRetry = max(1, firstRetry)
            self.lastRetry = max(self.firstRetry, lastRetry)
            self.unknown = max(1, unknown)
        }
    }

    /// What to do with a request whose token names a key that is not held.
    public enum Answer: Sendable, Hashable {
        /// Begin a fetch and park the request until it is over.
        case fetch
        /// A fetch is under way: park the request until it is over.
        case wait
        /// Answer the request as unknown now.
        case answerUnknown
    }

    private struct Issuer {
        var times: Times
        var nextFetch: Int64
        var nextDemand: Int64
        var isFetching = false
        var hasLoaded = false
        var failures = 0
        /// Keys that parked requests wait for; bounded, what does not fit is not remembered as unknown.
        var wanted: [UInt64] = []
    }

    /// Most keys remembered for one fetch under way.
    static let maximumWanted = 64

    private var issuers: [String: Issuer] = [:]
    private var unknown = UnknownKeyTable()

    /// A policy without issuers.
    public init() {}

    /// Sets the issuers from now on; those that stay keep their state, new ones are due at once.
    public mutating func setIssuers(_ issuers: [String: Times], now: Int64) {
        var next: [String: Issuer] = [:]
        for (name, times) in issuers {
            var state = self.issuers[name] ?? Issuer(times: times, nextFetch: now, nextDemand: now)
            state.times = times
            state.nextFetch = min(state.nextFetch, now + times.refresh)
            next[name] = state
        }
        self.issuers = next
    }

    /// Whether every issuer has answered with keys at least once.
    public var hasLoadedAll: Bool { issuers.values.allSatisfy(\.hasLoaded) }

    /// Names of the issuers that have never answered, in order.
    public var neverLoaded: [String] { issuers.filter { !$0.value.hasLoaded }.keys.sorted() }

    /// The issuers whose background fetch is due; from now on they count as being fetched.
    public mutating func due(now: Int64) -> [String] {
        let names = issuers.filter { !$0.value.isFetching && $0.value.nextFetch <= now }.keys.sorted()
        for name in names { issuers[name]?.isFetching = true }
        return names
    }

    /// When `due` may next name somebody; nil while every issuer is being fetched or there is none.
    public var nextDue: Int64? { issuers.values.filter { !$0.isFetching }.map(\.nextFetch).min() }

    /// What to do about a token that names a key (by any hash of its `kid`) which the issuer's set does not have.
    public mutating func unknownKey(issuer name: String, key: UInt64, now: Int64) -> Answer {
        guard var issuer = issuers[name] else { return .answerUnknown }
        let entry = Self.entry(name, key)
        guard !unknown.contains(entry, now: now) else { return .answerUnknown }
        guard issuer.isFetching || issuer.nextDemand <= now else { return .answerUnknown }
        let answer: Answer = issuer.isFetching ? .wait : .fetch
        issuer.isFetching = true
        if issuer.wanted.count < Self.maximumWanted { issuer.wanted.append(key) }
        issuers[name] = issuer
        return answer
    }

    /// Ends a fetch; `chance` in 0..<1 spreads the next one. `isKnown` tells whether a wanted key came with it.
    public mutating func finished(
        issuer name: String, succeeded: Bool, now: Int64, chance: Double, isKnown: (UInt64) -> Bool
    ) {
        guard var issuer = issuers[name], issuer.isFetching else { return }
        issuer.isFetching = false
        issuer.nextDemand = now + issuer.times.demand
        if succeeded {
            issuer.failures = 0
            issuer.hasLoaded = true
            issuer.nextFetch = now + Self.spread(issuer.times.refresh, chance)
            // Only an answer proves that a key does not exist; after a failure the next demand may ask again.
            for key in issuer.wanted where !isKnown(key) {
                unknown.insert(Self.entry(name, key), until: now + issuer.times.unknown)
            }
        } else {
            issuer.nextFetch = now + Self.spread(issuer.times.retry(after: issuer.failures), chance)
            issuer.failures += 1
        }
        issuer.wanted.removeAll(keepingCapacity: true)
        issuers[name] = issuer
    }

    /// `time` made up to a tenth shorter or longer.
    private static func spread(_ time: Int64, _ chance: Double) -> Int64 {
        max(1, Int64(Double(time) * (0.9 + 0.2 * min(max(chance, 0), 1))))
    }

    private static func entry(_ issuer: String, _ key: UInt64) -> UInt64 {
        issuer.withByteView { KeyedHash(seed: key)($0) }
    }
}

extension KeyRefreshPolicy.Times {
    /// The wait after one more failure when `failures` came before it.
    func retry(after failures: Int) -> Int64 {
        min(firstRetry << Int64(min(failures, 20)), min(lastRetry, max(refresh, firstRetry)))
    }
}
