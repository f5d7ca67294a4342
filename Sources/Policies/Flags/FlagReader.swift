import Documents

/// Reads one flag; what it cannot read is a finding, and the flag then none.
struct FlagReader {
    let name: String
    let findings: FindingList

    private static let maximumVariations = 256
    private static let maximumRules = 1000
    private static let maximumSteps = 256

    /// A rule as it is written, before steps of a schedule change it.
    private struct Draft {
        var name: String?
        var query: SourceNode?
        var variation: SourceNode?
        /// In the order of writing.
        var shares: [(name: String, node: SourceNode)]?
        var rollout: RolloutDraft?
        var isDisabled = false

        init(_ node: SourceNode) { merge(node) }

        /// Puts what `node` says over it.
        mutating func merge(_ node: SourceNode) {
            if let text = node["name"]?.text { name = text }
            if let query = node["query"] { self.query = query }
            if let variation = node["variation"] { self.variation = variation }
            if let entries = node["percentage"]?.entries {
                var merged = shares ?? []
                for entry in entries {
                    let name = entry.key.text ?? ""
                    merged.removeAll { $0.name == name }
                    // A step takes a share away with -1.
                    if entry.value.double != -1 { merged.append((name, entry.value)) }
                }
                shares = merged
            }
            if let rollout = node["progressiveRollout"], !rollout.isNull {
                self.rollout = self.rollout ?? RolloutDraft(node: rollout)
                self.rollout?.merge(rollout)
            }
            if let isDisabled = node["disable"]?.bool { self.isDisabled = isDisabled }
        }
    }

    /// Both ends of a progressive rollout, by the names of their members.
    private struct RolloutDraft {
        let node: SourceNode
        var initial: [String: SourceNode] = [:]
        var end: [String: SourceNode] = [:]

        init(node: SourceNode) { self.node = node }

        mutating func merge(_ node: SourceNode) {
            for entry in node["initial"]?.entries ?? [] where !entry.value.isNull { initial[entry.key.text ?? ""] = entry.value }
            for entry in node["end"]?.entries ?? [] where !entry.value.isNull { end[entry.key.text ?? ""] = entry.value }
        }
    }

    private struct Drafts {
        var from = Int64.min
        var isDisabled = false
        var begins: SourceNode?
        var ends: SourceNode?
        var rules: [Draft] = []
        var standard: Draft?

        var dealsShares: Bool {
            (rules + (standard.map { [$0] } ?? [])).contains { $0.rollout != nil || $0.shares?.isEmpty == false }
        }
    }

    func read(_ node: SourceNode) -> Flag? {
        guard node.entries != nil else { return refuse(node, "a flag is a mapping") }
        guard !name.isEmpty else { return refuse(node, "a flag has a name") }
        guard let steps = steps(node), let variations = variations(node, steps) else { return nil }
        var drafts = Drafts()
        apply(node, to: &drafts)
        var all = [drafts]
        for step in steps {
            drafts.from = step.date
            apply(step.node, to: &drafts)
            all.append(drafts)
        }
        let dealsShares = all.contains(where: \.dealsShares)
        var states: [Flag.State] = []
        for drafts in all {
            guard var state = state(drafts, variations, node) else { return nil }
            state.dealsShares = dealsShares
            states.append(state)
        }
        let key = node["bucketingKey"]?.string
        return Flag(
            name: name, variations: variations, version: node["version"]?.text, states: states,
            bucketingKey: key.flatMap { $0.isEmpty ? nil : Array($0.utf8) })
    }

    /// The steps of the schedule in the order of time.
    private func steps(_ node: SourceNode) -> [(date: Int64, node: SourceNode)]? {
        guard let list = node["scheduledRollout"], !list.isNull else { return [] }
        guard let elements = list.elements, elements.count <= Self.maximumSteps else {
            return refuse(list, "\"scheduledRollout\" is a list of at most \(Self.maximumSteps) steps")
        }
        var steps: [(date: Int64, node: SourceNode)] = []
        for element in elements {
            guard let date = date(element["date"], of: element) else { return nil }
            steps.append((date, element))
        }
        return steps.enumerated().sorted { ($0.element.date, $0.offset) < ($1.element.date, $1.offset) }.map(\.element)
    }

    private func variations(_ node: SourceNode, _ steps: [(date: Int64, node: SourceNode)]) -> [Flag.Variation]? {
        var values: [String: SourceNode] = [:]
        for source in [node] + steps.map(\.node) {
            guard let entries = source["variations"]?.entries else { continue }
            for entry in entries {
                let name = entry.key.text ?? ""
                if source !== node, values[name] != nil {
                    return refuse(entry.value, "a step gives \"\(name)\" another value, which is not read; give it another name")
                }
                values[name] = entry.value
            }
        }
        guard !values.isEmpty, values.count <= Self.maximumVariations else {
            return refuse(node, "a flag has 1 to \(Self.maximumVariations) variations")
        }
        return values.sorted { $0.key < $1.key }.map {
            Flag.Variation(name: $0.key, json: FlagJSON.text($0.value), isOn: $0.value.bool == true)
        }
    }

    private func apply(_ node: SourceNode, to drafts: inout Drafts) {
        if let isDisabled = node["disable"]?.bool { drafts.isDisabled = isDisabled }
        if let start = node["experimentation"]?["start"], !start.isNull { drafts.begins = start }
        if let end = node["experimentation"]?["end"], !end.isNull { drafts.ends = end }
        for rule in node["targeting"]?.elements ?? [] {
            if let name = rule["name"]?.text, let index = drafts.rules.firstIndex(where: { $0.name == name }), drafts.from > .min
            {
                drafts.rules[index].merge(rule)
            } else {
                drafts.rules.append(Draft(rule))
            }
        }
        if let rule = node["defaultRule"], !rule.isNull {
            if drafts.standard == nil { drafts.standard = Draft(rule) } else { drafts.standard?.merge(rule) }
        }
    }

    // MARK: One state

    private func state(_ drafts: Drafts, _ variations: [Flag.Variation], _ node: SourceNode) -> Flag.State? {
        var state = Flag.State(from: drafts.from, isDisabled: drafts.isDisabled)
        if let start = drafts.begins {
            guard let date = date(start, of: start) else { return nil }
            state.begins = date
        }
        if let end = drafts.ends {
            guard let date = date(end, of: end) else { return nil }
            state.ends = date
        }
        guard drafts.rules.count <= Self.maximumRules else {
            return refuse(node, "a flag has at most \(Self.maximumRules) rules")
        }
        for draft in drafts.rules where !draft.isDisabled {
            guard let query = query(draft.query), let outcome = outcome(draft, variations, node) else { return nil }
            state.rules.append(Flag.Rule(query: query.value, outcome: outcome))
        }
        guard let draft = drafts.standard else { return refuse(node, "\"defaultRule\" is missing") }
        guard let outcome = outcome(draft, variations, node) else { return nil }
        state.standard = outcome
        return state
    }

    /// A condition that may be missing.
    private struct Condition {
        let value: FlagQuery?
    }

    private func query(_ node: SourceNode?) -> Condition? {
        guard let node, !node.isNull, node.text?.isEmpty != true else { return Condition(value: nil) }
        guard let text = node.string else { return refuse(node, "\"query\" is a text; JSONLogic is not read") }
        do throws(FlagQueryParser.Fault) {
            return Condition(value: try FlagQueryParser.parse(text))
        } catch {
            return refuse(node, error.message)
        }
    }

    private func outcome(_ draft: Draft, _ variations: [Flag.Variation], _ node: SourceNode) -> Flag.Outcome? {
        if let rollout = draft.rollout { return self.rollout(rollout, variations).map { .rollout($0) } }
        if let shares = draft.shares, !shares.isEmpty { return self.shares(shares, variations, node) }
        guard let variation = draft.variation else {
            return refuse(node, "a rule names a variation, percentages or a progressive rollout")
        }
        return index(variation, variations).map { .variation($0) }
    }

    /// The relay deals shares in the reverse order of names.
    private func shares(
        _ shares: [(name: String, node: SourceNode)], _ variations: [Flag.Variation], _ node: SourceNode
    ) -> Flag.Outcome? {
        var sum = 0.0
        var end = 0.0
        var ends: [(end: UInt32, variation: Int)] = []
        for share in shares.sorted(by: { $0.name > $1.name }) {
            guard let percent = share.node.double, (0...100).contains(percent) else {
                return refuse(share.node, "a percentage is a number from 0 to 100")
            }
            guard let index = variations.firstIndex(where: { $0.name == share.name }) else {
                return refuse(share.node, "there is no variation \"\(share.name)\"")
            }
            sum += percent
            end += percent * 1000
            ends.append((UInt32(end), index))
        }
        // Rounded as the relay does: who has which share depends on it.
        let total = UInt32(sum * 1000)
        guard total > 0 else { return refuse(node, "the percentages of a rule are nothing together") }
        return .shares(ends, total: total)
    }

    private func rollout(_ draft: RolloutDraft, _ variations: [Flag.Variation]) -> Flag.Rollout? {
        let (node, initial, end) = (draft.node, draft.initial, draft.end)
        guard let before = index(initial["variation"], variations, of: node),
            let after = index(end["variation"], variations, of: node),
            let from = date(initial["date"], of: node), let to = date(end["date"], of: node)
        else { return nil }
        guard from < to else { return refuse(node, "a progressive rollout ends after it begins") }
        for share in [initial, end].compactMap({ $0["percentage"] }) where share.double.map({ (0...100).contains($0) }) != true {
            return refuse(share, "a percentage is a number from 0 to 100")
        }
        let final = end["percentage"]?.double ?? 0
        return Flag.Rollout(
            from: from, to: to, before: before, after: after, initialShare: (initial["percentage"]?.double ?? 0) * 1000,
            finalShare: (final == 0 ? 100 : final) * 1000)
    }

    private func index(_ node: SourceNode?, _ variations: [Flag.Variation], of parent: SourceNode? = nil) -> Int? {
        guard let node, let name = node.text else { return (parent ?? node).flatMap { refuse($0, "\"variation\" is a name") } }
        return variations.firstIndex { $0.name == name } ?? refuse(node, "there is no variation \"\(name)\"")
    }

    private func date(_ node: SourceNode?, of parent: SourceNode) -> Int64? {
        guard let node, let text = node.text, let date = FlagDate.milliseconds(text) else {
            return refuse(node ?? parent, "a date is a time such as 2027-01-31T08:00:00Z")
        }
        return date
    }

    /// Says why the flag is none.
    private func refuse<Value>(_ node: SourceNode, _ message: String) -> Value? {
        findings.error("bad-flag", at: node, "the flag \"\(name)\" is left out: \(message)")
        return nil
    }
}
