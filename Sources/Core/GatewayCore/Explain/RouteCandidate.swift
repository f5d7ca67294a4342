/// A route that has a request's path too, and why the request is not its.
struct RouteCandidate {
    let operation: Operation
    let reason: String

    /// More than these say nothing to a reader.
    private static let most = 16

    static func all(of path: String, method: String, in snapshot: Snapshot, chosen: Operation?) -> [RouteCandidate] {
        var found: [RouteCandidate] = []
        for operation in snapshot.operations where operation !== chosen && found.count < most {
            guard covers(operation.template, path) else { continue }
            let isSame = operation.method == method || operation.method == "GET" && method == "HEAD"
            let reason =
                if !isSame { "it is for \(operation.method)" } else if chosen != nil {
                    "the chosen route's path is more specific"
                } else { "the path does not fit its pattern in full" }
            found.append(RouteCandidate(operation: operation, reason: reason))
        }
        return found
    }

    /// Whether a template, segment by segment, could be this path's; `{a}` and `*` are one segment, `{a=**}` and `**` any number.
    static func covers(_ template: String, _ path: String) -> Bool {
        covers(segments(template)[...], path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)[...])
    }

    private static func covers(_ template: ArraySlice<String>, _ path: ArraySlice<String>) -> Bool {
        guard let first = template.first else { return path.isEmpty }
        if first == "**" { return template.count == 1 || path.indices.contains { covers(template.dropFirst(), path[$0...]) } }
        guard let segment = path.first, fits(first, segment) else { return false }
        return covers(template.dropFirst(), path.dropFirst())
    }

    /// `*`, or text with `*` in it.
    private static func fits(_ pattern: String, _ segment: String) -> Bool {
        let parts = pattern.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return pattern == segment }
        return segment.hasPrefix(parts[0]) && segment.hasSuffix(parts[1]) && segment.count > parts[0].count + parts[1].count
    }

    /// The template with what it captures replaced by what that may be.
    private static func segments(_ template: String) -> [String] {
        var plain = ""
        var inside: String?
        for character in template {
            switch (character, inside) {
            case ("{", nil): inside = ""
            case ("}", let name?):
                let pattern = name.split(separator: "=", maxSplits: 1).dropFirst().first.map(String.init)
                plain += pattern ?? (name.hasSuffix("+") || name.hasSuffix("*") ? "**" : "*")
                inside = nil
            case (_, .some(let name)): inside = name + String(character)
            case (_, nil): plain.append(character)
            }
        }
        return plain.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    }
}
