import Documents
import HTTPSemantics
import OpenAPI
import Routing

/// What is no fault of a document and still worth a word.
extension SnapshotCompiler {
    /// Pairs of templates looked at: those of a thousand operations, and no more than a moment's work.
    private static let mostPairs = 1_000_000

    /// Warns of a document that asks for a token and for no permission. One warning a document: where nothing has a permission,
    /// the list would be as long as the document.
    func warnOfMissingPermissions(_ document: OpenAPIDocument) {
        let open = document.operations.filter {
            !$0.isPublic && $0.extensions.permission == nil && !$0.extensions.asksNoPermission
        }
        guard let first = open.first else { return }
        let others = open.count == 1 ? "" : " and \(open.count - 1) more"
        findings.warning(
            "operation-without-permission", at: first.node,
            "whoever has a token may call \(first.method.token) \(first.path)\(others); name a permission with `x-permission`, "
                + "or write `x-permission: null` where that is meant")
    }

    /// Warns of templates that match the same paths while neither is the more exact, unless a third one is made for these.
    func warnOfAmbiguity() {
        var groups: [AmbiguityGroup: [Int]] = [:]
        var shapes: Set<ShapeKey> = []
        for (route, place) in templates.enumerated() {
            shapes.insert(ShapeKey(method: place.method, segments: place.template.segments))
            guard place.template.segments.contains(.single) else { continue }
            let key = AmbiguityGroup(method: place.method, count: place.template.segments.count, verb: place.template.verb)
            groups[key, default: []].append(route)
        }
        var pairs = 0
        for routes in groups.values.sorted(by: { $0[0] < $1[0] }) {
            for (offset, route) in routes.enumerated() {
                for other in routes[..<offset] {
                    pairs += 1
                    guard pairs <= Self.mostPairs else { return }
                    warnOfAmbiguity(route, other, shapes)
                }
            }
        }
    }

    private func warnOfAmbiguity(_ route: Int, _ other: Int, _ shapes: Set<ShapeKey>) {
        let (later, earlier) = (templates[route], templates[other])
        guard let common = later.template.ambiguity(with: earlier.template),
            !shapes.contains(ShapeKey(method: later.method, segments: common.segments))
        else { return }
        let isFirst = Self.precedes(later.template, earlier.template)
        let place = places[other].text.map { " (\($0))" } ?? ""
        report(
            "ambiguous-template", at: places[route], severity: .warning,
            "\(later.method.token) \(common.shape) is matched by \(later.template.shape) and \(earlier.template.shape)\(place); "
                + "\(isFirst ? "the first" : "the second") is taken, because its literal stands first: describe this path or change one"
        )
    }

    /// Whether a request that both match goes to `left`: literals are tried before parameters, from the left.
    private static func precedes(_ left: PathTemplate, _ right: PathTemplate) -> Bool {
        for (mine, other) in zip(left.segments, right.segments) where mine != other { return other == .single }
        return false
    }

    private struct AmbiguityGroup: Hashable {
        let method: RouteMethod
        let count: Int
        let verb: String?
    }

    private struct ShapeKey: Hashable {
        let method: RouteMethod
        let segments: [PathTemplate.Segment]
    }
}
