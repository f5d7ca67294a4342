import Documents
import Routing

/// What of a snapshot can belong to one part alone: routes, names of services, methods on offer to gRPC clients.
struct ModuleClaims: Sendable {
    private struct Owner: Sendable {
        /// Nil for the platform.
        let slug: String?
        /// Where it is described; nil for the gateway's own.
        let place: String?
    }

    private var routes: [RouteKey: Owner] = [:]
    /// By name of the service.
    private var services: [String: String?] = [:]
    /// By path of the method.
    private var methods: [String: String?] = [:]

    init() {}

    /// The platform's own.
    init(_ platform: RoutePart) { take(nil, platform) }

    mutating func take(_ slug: String?, _ part: RoutePart) {
        for (key, place) in zip(part.keys, part.places) { routes[key] = Owner(slug: slug, place: place.text) }
        for service in part.services { services[service.name] = .some(slug) }
        for offer in part.offers { methods[offer.path] = .some(slug) }
    }

    mutating func release(_ slug: String, _ part: RoutePart?) {
        guard let part else { return }
        for key in part.keys where routes[key]?.slug == slug { routes[key] = nil }
        for service in part.services where services[service.name] == .some(slug) { services.removeValue(forKey: service.name) }
        for offer in part.offers where methods[offer.path] == .some(slug) { methods.removeValue(forKey: offer.path) }
    }

    /// What the module claims of others' as it stands.
    func conflicts(of slug: String, _ module: CompiledModule) -> [Finding] {
        let findings = FindingList()
        let part = module.routes
        for (index, key) in part.keys.enumerated() {
            guard let owner = routes[key], owner.slug != slug else { continue }
            let (template, method) = part.templates[index]
            let place = owner.place.map { ", \($0)" } ?? ""
            findings.report(
                part.places[index].finding(
                    "route-conflict",
                    "\(method.token) \(template.shape) is a route of \(Self.words(owner.slug)) already\(place); change or remove one"
                ))
        }
        func whole(_ code: String, _ message: String) {
            findings.report(
                Finding(
                    file: module.package.manifestFile, line: 0, column: 0, pointer: "/services", code: code, message: message))
        }
        for service in part.services {
            guard let owner = services[service.name], owner != slug else { continue }
            whole("duplicate-name", "\(service.name) is a service of \(Self.words(owner)) already; name it otherwise")
        }
        for offer in part.offers {
            guard let owner = methods[offer.path], owner != slug else { continue }
            whole("grpc-method-conflict", "gRPC clients find \(offer.path) at \(Self.words(owner)) already; leave them to it")
        }
        return findings.all
    }

    private static func words(_ slug: String?) -> String { slug.map { "the module \($0)" } ?? "the platform" }
}
