import Bytes

/// A flag, ready to be asked.
public struct Flag: Sendable {
    public let name: String
    /// In the order of their names.
    public let variations: [Variation]
    /// As its writer counts; nil without one.
    public let version: String?
    /// What holds from when on, in the order of time; the first from the beginning.
    let states: [State]
    /// The name whose value shares are dealt by; nil for the subject's key.
    let bucketingKey: [UInt8]?

    /// One of the values a flag has.
    public struct Variation: Sendable {
        public let name: String
        /// The value in JSON.
        public let json: String
        /// Whether it is `true`: what gates ask.
        public let isOn: Bool
    }

    /// What a flag says between two points in time.
    struct State: Sendable {
        /// Milliseconds since 1970 after which it holds.
        let from: Int64
        var isDisabled = false
        /// The window outside of which there is no answer.
        var begins: Int64?
        var ends: Int64?
        /// Whether a rule of the flag deals shares, be it one that is disabled or of another time.
        var dealsShares = false
        var rules: [Rule] = []
        var standard = Outcome.none
    }

    struct Rule: Sendable {
        /// Nil holds for everybody.
        let query: FlagQuery?
        let outcome: Outcome
    }

    /// Which variation, by its index.
    enum Outcome: Sendable {
        case none
        case variation(Int)
        /// Ends of shares in thousandths of a percent, in the order in which they are dealt.
        case shares([(end: UInt32, variation: Int)], total: UInt32)
        case rollout(Rollout)
    }

    /// A share that grows from one point in time to another.
    struct Rollout: Sendable {
        let from: Int64
        let to: Int64
        let before: Int
        let after: Int
        /// Thousandths of a percent.
        let initialShare: Double
        let finalShare: Double

        /// Of `after`; it grows by the second, as the relay counts.
        func share(at now: Int64) -> Double {
            if now < from { return 0 }
            if now > to { return finalShare }
            let passed = Double(now / 1000 - from / 1000)
            let perSecond = (finalShare - initialShare) / Double(max(1, to / 1000 - from / 1000))
            return (perSecond * passed + initialShare).rounded(.down)
        }
    }

    /// The variation for a subject; nil where there is no answer, and the asker's own default counts: the flag is disabled, outside of its
    /// window, or has no rule that fits.
    ///
    /// Allocates nothing.
    /// - Parameter now: milliseconds since 1970.
    public func evaluate(_ subject: some FlagSubject, now: Int64) -> Variation? {
        var state = states[0]
        for later in states.dropFirst() where later.from <= now { state = later }
        if state.isDisabled { return nil }
        if let begins = state.begins, now < begins { return nil }
        if let ends = state.ends, now > ends { return nil }
        var key = subject.key
        if let bucketingKey {
            guard case .text(let text)? = bucketingKey.withByteView({ subject.operand($0) }) else { return nil }
            // Nothing to deal shares by, where any are dealt.
            if text.isEmpty, state.dealsShares { return nil }
            key = text
        }
        for rule in state.rules where rule.query?.holds(subject) ?? true { return choose(rule.outcome, key, now) }
        return choose(state.standard, key, now)
    }

    private func choose(_ outcome: Outcome, _ key: ByteView, _ now: Int64) -> Variation? {
        switch outcome {
        case .none: return nil
        case .variation(let index): return variations[index]
        case .shares(let shares, let total):
            let hash = hash(key) % total
            return shares.first { hash < $0.end }.map { variations[$0.variation] }
        case .rollout(let rollout):
            return variations[Double(hash(key) % 100_000) < rollout.share(at: now) ? rollout.after : rollout.before]
        }
    }

    /// FNV-1a of 32 bits over the flag's name and the key.
    private func hash(_ key: ByteView) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        for index in 0..<key.count { hash = (hash ^ UInt32(key[index])) &* 16_777_619 }
        return hash
    }
}
