import Documents
import HTTPSemantics
import Permissions
import ProblemDetails
import Routing

/// What two routes of a snapshot may not have in common.
struct RouteKey: Hashable, Sendable {
    private let shape: String
    private let method: RouteMethod

    init(_ template: PathTemplate, _ method: RouteMethod) {
        shape = template.shape
        self.method = method
    }
}

/// A method that clients may call by gRPC itself, and the operation whose rules hold for it.
struct GRPCOffer: Sendable {
    let path: String
    let template: PathTemplate
    /// Position in `RoutePart.operations`.
    let operation: Int
}

/// A part of a snapshot that is compiled by itself: the platform's own, or one module's.
struct RoutePart: Sendable {
    var services: [Service] = []
    /// Of those that have routes.
    var descriptions: [ServiceDescription] = []
    var operations: [Operation] = []
    /// By operation: what it matches.
    var templates: [(template: PathTemplate, method: RouteMethod)] = []
    /// By operation.
    var keys: [RouteKey] = []
    /// By operation: where it was described.
    var places: [RouteMark] = []
    var offers: [GRPCOffer] = []
    /// Whether a service takes clients that speak gRPC, with a method on offer or without.
    var takesGRPCClients = false

    /// The same with the places in the snapshot that it has from now on; what is there already is not made anew.
    func moved(toOperation operation: Int, service: Int) -> RoutePart {
        let isInPlace = (operations.first?.index ?? operation) == operation && (services.first?.index ?? service) == service
        guard !isInPlace else { return self }
        var part = self
        part.services = services.enumerated().map { Service($1, movedTo: service + $0) }
        let first = services.first?.index ?? 0
        part.operations = operations.enumerated().map { offset, old in
            Operation(old, movedTo: operation + offset, service: old.service.map { part.services[$0.index - first] })
        }
        return part
    }
}

/// Where a route was described: its place in a document, fit to be kept.
struct RouteMark: Sendable {
    private let file: String
    private let line: Int
    private let column: Int
    private let pointer: String
    /// In words, for findings about another route; nil for the gateway's own.
    let text: String?

    init(_ place: RoutePlace, configuration: String) {
        text = place.text
        switch place {
        case .node(let node): (file, line, column, pointer) = (node.file, node.line, node.column, node.pointer)
        case .method(let file, let path): (self.file, line, column, pointer) = (file, 0, 0, path)
        case .configuration: (file, line, column, pointer) = (configuration, 0, 0, "")
        }
    }

    func finding(_ code: String, _ message: String) -> Finding {
        Finding(file: file, line: line, column: column, pointer: pointer, code: code, message: message)
    }
}

/// The platform's own part of a snapshot; modules are put beside it without compiling it again.
public final class PlatformPart: Sendable {
    public let configuration: PlatformConfiguration
    /// The configuration's own path.
    let file: String
    /// What of a snapshot no module changes.
    let base: Snapshot
    let routes: RoutePart

    init(_ configuration: PlatformConfiguration, file: String, base: Snapshot, routes: RoutePart) {
        self.configuration = configuration
        self.file = file
        self.base = base
        self.routes = routes
    }

    /// The platform with these parts, which are in their places.
    func snapshot(_ generation: UInt64, with parts: some Sequence<RoutePart>) -> Snapshot {
        var services: [Service] = []
        var operations: [Operation] = []
        var builder = RouteTableBuilder()
        var methods = RouteTableBuilder()
        var offered: [Int] = []
        var descriptions: [ServiceDescription] = []
        var takesGRPCClients = false
        for part in [routes] + parts {
            for offer in part.offers {
                methods.add(offer.template, method: .known(.post))
                offered.append(operations.count + offer.operation)
            }
            if part.takesGRPCClients { takesGRPCClients = true }
            services += part.services
            descriptions += part.descriptions
            operations += part.operations
            for (template, method) in part.templates { builder.add(template, method: method) }
        }
        return Snapshot(
            generation: generation, services: services, operations: operations, routes: builder.build(),
            grpcMethods: takesGRPCClients ? GRPCMethodTable(routes: methods.build(), operations: offered) : nil,
            documents: PlatformDocuments(services: descriptions), base: base)
    }
}
