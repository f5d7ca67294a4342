import Documents

/// The tightest bound that the layers of a schema set on one side.
private struct Bound: Equatable {
    var value: Double
    /// Whether the value itself is outside, as `exclusiveMinimum` says.
    var isExclusive = false
    var node: SourceNode

    static func == (left: Self, right: Self) -> Bool { left.value == right.value && left.isExclusive == right.isExclusive }

    var text: String {
        let number = Int64(exactly: value).map { "\($0)" } ?? "\(value)"
        return isExclusive ? "\(number), itself not allowed" : number
    }
}

extension Comparison {
    private static let lower = ["minLength", "minItems", "minProperties"]
    private static let upper = ["maxLength", "maxItems", "maxProperties"]

    func compareBounds(_ old: SchemaView, _ new: SchemaView, _ scene: Scene) {
        // A length, a number of items and of members is never below 0.
        for keyword in Self.lower {
            compare(
                keyword, bound(old, keyword, isLower: true, floor: 0), bound(new, keyword, isLower: true, floor: 0), true, new,
                scene)
        }
        for keyword in Self.upper {
            compare(keyword, bound(old, keyword, isLower: false), bound(new, keyword, isLower: false), false, new, scene)
        }
        compare("minimum", range(old, isLower: true), range(new, isLower: true), true, new, scene)
        compare("maximum", range(old, isLower: false), range(new, isLower: false), false, new, scene)
        compareMultiples(old, new, scene)
        let was = old.values("uniqueItems").contains { $0.bool == true }
        let now = new.values("uniqueItems").contains { $0.bool == true }
        if was != now {
            report(
                "unique-items", now ? .narrowed : .widened, scene, at: new["uniqueItems"] ?? new.anchor,
                now ? "items must now be unique" : "items need no longer be unique")
        }
    }

    private func compare(_ keyword: String, _ old: Bound?, _ new: Bound?, _ isLower: Bool, _ view: SchemaView, _ scene: Scene) {
        guard old != new else { return }
        // Codes are words: max-length.
        let code = keyword.reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : "\($1)" }
        switch (old, new) {
        case (nil, let now?): report(code, .narrowed, scene, at: now.node, "\(keyword) is now \(now.text), was unset")
        case (let was?, nil): report(code, .widened, scene, at: view.anchor, "\(keyword) is now unset, was \(was.text)")
        case (let was?, let now?):
            report(
                code, Self.isTighter(now, was, isLower) ? .narrowed : .widened, scene, at: now.node,
                "\(keyword) is now \(now.text), was \(was.text)")
        default: return
        }
    }

    private static func isTighter(_ left: Bound, _ right: Bound, _ isLower: Bool) -> Bool {
        if left.value == right.value { return left.isExclusive && !right.isExclusive }
        return isLower ? left.value > right.value : left.value < right.value
    }

    private func bound(_ view: SchemaView, _ keyword: String, isLower: Bool, floor: Double = -.infinity) -> Bound? {
        var tightest: Bound?
        for node in view.values(keyword) {
            guard let value = node.double, value > floor || !isLower else { continue }
            let bound = Bound(value: value, node: node)
            if tightest.map({ Self.isTighter(bound, $0, isLower) }) ?? true { tightest = bound }
        }
        return tightest
    }

    /// `minimum` and `exclusiveMinimum` in one, or `maximum` and its twin; a boolean twin is OpenAPI 3.0's.
    private func range(_ view: SchemaView, isLower: Bool) -> Bound? {
        let keyword = isLower ? "minimum" : "maximum"
        let twin = isLower ? "exclusiveMinimum" : "exclusiveMaximum"
        var tightest: Bound?
        for layer in view.layers {
            let exclusive = layer.node[twin]
            var bounds: [Bound] = []
            if let node = layer.node[keyword], let value = node.double {
                bounds.append(Bound(value: value, isExclusive: exclusive?.bool ?? false, node: node))
            }
            if let exclusive, let value = exclusive.double {
                bounds.append(Bound(value: value, isExclusive: true, node: exclusive))
            }
            for bound in bounds where tightest.map({ Self.isTighter(bound, $0, isLower) }) ?? true { tightest = bound }
        }
        return tightest
    }

    private func compareMultiples(_ old: SchemaView, _ new: SchemaView, _ scene: Scene) {
        let was = old["multipleOf"]?.double
        let now = new["multipleOf"]?.double
        guard was != now else { return }
        let effect: SchemaEffect
        switch (was, now) {
        case (nil, _): effect = .narrowed
        case (_, nil): effect = .widened
        case (let was?, let now?):
            let isMultiple = was != 0 && (now / was).rounded() == now / was
            let isDivisor = now != 0 && (was / now).rounded() == was / now
            effect = isMultiple ? .narrowed : isDivisor ? .widened : .changed
        }
        // A number that must now fit another step is refused for some senders whichever way it is.
        report(
            "multiple-of", effect == .changed && scene.part.isSent ? .narrowed : effect, scene,
            at: new["multipleOf"] ?? new.anchor,
            "multipleOf is now \(now.map { "\($0)" } ?? "unset"), was \(was.map { "\($0)" } ?? "unset")")
    }
}
