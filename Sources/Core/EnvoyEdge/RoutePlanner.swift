import GatewayCore
import Transcoding

/// Finds the fewest routes that tell Envoy all it must know of the operations: one for each owner, unless its operations differ in
/// what Envoy does with them.
struct RoutePlanner {
    private let standardIdleSeconds: Int64
    /// Whether Envoy treats requests that anybody may make differently.
    private let tellsPublic: Bool
    /// Whether Envoy asks about limits.
    private let asks: Bool
    /// Paths of deprecated versions.
    private let versions: [String]

    init(_ edge: Edge) {
        standardIdleSeconds = edge.standardIdleSeconds
        asks = edge.envoy.rateLimits.enforcedBy == .envoy
        versions = edge.versions.map(\.path)
        tellsPublic = edge.envoy.tokensRefusedBy == .envoy || asks
    }

    /// An operation as far as Envoy sees it.
    private struct Claim {
        /// The path before the first parameter, without a slash at its end: empty for the root.
        let path: Substring
        let method: String
        let facts: EdgeRoute.Facts
    }

    func parts(of snapshot: Snapshot) -> [String: EnvoyPart] {
        var claims: [String: [Claim]] = [:]
        var upgrades: [String: [EdgeRoute]] = [:]
        for operation in snapshot.operations {
            let owner = Self.owner(of: operation)
            let path = Self.literal(operation.template[...])
            claims[owner, default: []].append(Claim(path: path, method: operation.method, facts: facts(of: operation)))
            guard operation.allowsUpgrade else { continue }
            var facts = facts(of: operation)
            facts.idleSeconds = 0
            upgrades[owner, default: []].append(EdgeRoute(prefix: Self.prefix(path), isUpgrade: true, facts: facts))
        }
        for index in snapshot.grpcMethods?.operations ?? [] {
            guard let operation = snapshot.operation(index), let path = operation.callPath else { continue }
            // Of a call's path the gRPC service alone: its methods differ in nothing that Envoy must know.
            let service = path[..<(path.lastIndex(of: "/") ?? path.endIndex)]
            var facts = facts(of: operation)
            facts.idleSeconds = standardIdleSeconds
            claims[Self.owner(of: operation), default: []].append(
                Claim(path: Self.literal(service), method: "POST", facts: facts))
        }
        return claims.reduce(into: [:]) { parts, entry in
            var routes = upgrades[entry.key] ?? []
            plan(entry.value, into: &routes)
            if entry.key == Self.gateway { routes += versions.map(everything) }
            parts[entry.key] = EnvoyPart(.routes(Self.unique(routes)))
        }
    }

    /// All below a deprecated version goes to the gateway, which knows what to say of paths that are none, and when it is over.
    private func everything(below version: String) -> EdgeRoute {
        EdgeRoute(
            prefix: version,
            facts: EdgeRoute.Facts(
                idleSeconds: standardIdleSeconds, isPublic: tellsPublic ? true : nil, isLimited: asks, version: version))
    }

    private static let gateway = "gateway"

    /// The module, or else the service, or else the platform's own endpoints.
    private static func owner(of operation: Operation) -> String {
        if case .fixed(let slug) = operation.module { return String(decoding: slug, as: UTF8.self) }
        return operation.service?.name ?? gateway
    }

    /// The segments of a template before the first that is not literal or empty: Envoy takes no prefix that ends with a slash.
    private static func literal(_ template: Substring) -> Substring {
        let bytes = template.utf8
        var end = bytes.startIndex
        while end < bytes.endIndex {
            let begin = bytes.index(after: end)
            let next = bytes[begin...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
            let segment = bytes[begin..<next]
            guard !segment.isEmpty, !segment.contains(UInt8(ascii: "{")), !segment.contains(UInt8(ascii: "*")) else { break }
            end = next
        }
        return template[..<end]
    }

    private static func prefix(_ path: Substring) -> String { path.isEmpty ? "/" : String(path) }

    private func facts(of operation: Operation) -> EdgeRoute.Facts {
        let isUnary = operation.kind == .grpc && !operation.isClientStreaming && operation.call?.isServerStreaming != true
        let own = (operation.timeoutMilliseconds + 999) / 1000 + Edge.margin
        let idle = isUnary ? own : max(own, standardIdleSeconds)
        var isLimited = asks
        if case .operational = operation.kind { isLimited = false }
        let template = operation.template
        return EdgeRoute.Facts(
            idleSeconds: idle, isPublic: tellsPublic ? operation.isPublic : nil, isLimited: isLimited,
            version: versions.first { template == $0 || template.hasPrefix($0 + "/") })
    }

    /// One route for all where they are alike, beginning where their paths part; otherwise their tree is walked.
    private func plan(_ claims: [Claim], into routes: inout [EdgeRoute]) {
        guard let first = claims.first else { return }
        if claims.allSatisfy({ $0.facts == first.facts }) {
            let shared = claims.dropFirst().reduce(first.path) { Self.shared($0, $1.path) }
            if !shared.isEmpty || claims.contains(where: \.path.isEmpty) {
                return routes.append(EdgeRoute(prefix: Self.prefix(shared), facts: first.facts))
            }
        }
        walk(claims.map { (segments: $0.path.split(separator: "/"), claim: $0) }, depth: 0, into: &routes)
    }

    /// The segments with which both paths begin.
    private static func shared(_ left: Substring, _ right: Substring) -> Substring {
        var end = left.utf8.startIndex
        var (a, b) = (left.utf8.startIndex, right.utf8.startIndex)
        while true {
            let isLeftDone = a == left.utf8.endIndex || left.utf8[a] == UInt8(ascii: "/")
            let isRightDone = b == right.utf8.endIndex || right.utf8[b] == UInt8(ascii: "/")
            if isLeftDone, isRightDone { end = a }
            guard a < left.utf8.endIndex, b < right.utf8.endIndex, left.utf8[a] == right.utf8[b] else { return left[..<end] }
            left.utf8.formIndex(after: &a)
            right.utf8.formIndex(after: &b)
        }
    }

    /// One route where all below is alike; otherwise one for each child, and one for what ends here.
    private func walk(_ claims: [(segments: [Substring], claim: Claim)], depth: Int, into routes: inout [EdgeRoute]) {
        guard let first = claims.first else { return }
        var children: [Substring: [(segments: [Substring], claim: Claim)]] = [:]
        var own: [Claim] = []
        for entry in claims {
            if entry.segments.count > depth {
                children[entry.segments[depth], default: []].append(entry)
            } else {
                own.append(entry.claim)
            }
        }
        if own.isEmpty, children.count == 1 { return walk(claims, depth: depth + 1, into: &routes) }
        let prefix = "/" + first.segments.prefix(depth).joined(separator: "/")
        let isAlike = claims.allSatisfy { $0.claim.facts == first.claim.facts }
        if isAlike, depth > 0 || !own.isEmpty {
            return routes.append(EdgeRoute(prefix: prefix, facts: first.claim.facts))
        }
        routes += Self.routes(of: own, at: prefix)
        for (_, claims) in children.sorted(by: { $0.key < $1.key }) { walk(claims, depth: depth + 1, into: &routes) }
    }

    /// One route, and another for methods that anyone may call where others of the path may not be called so.
    private static func routes(of claims: [Claim], at prefix: String) -> [EdgeRoute] {
        guard let first = claims.first else { return [] }
        let all = claims.reduce(first.facts) { $0.merged(with: $1.facts) }
        let open = Set(claims.filter { $0.facts.isPublic == true }.map(\.method))
        let closed = Set(claims.filter { $0.facts.isPublic == false }.map(\.method))
        guard !open.isEmpty, !closed.isEmpty, open.isDisjoint(with: closed) else {
            return [EdgeRoute(prefix: prefix, facts: all)]
        }
        var others = all
        others.isPublic = false
        return [EdgeRoute(prefix: prefix, methods: open.sorted(), facts: all), EdgeRoute(prefix: prefix, facts: others)]
    }

    private static func unique(_ routes: [EdgeRoute]) -> [EdgeRoute] {
        var seen: Set<EdgeRoute> = []
        return routes.filter { seen.insert($0).inserted }.sorted { $0.prefix < $1.prefix }
    }
}
