import Documents
import HTTPSemantics
import Permissions
import Plans
import Routing
import Transcoding

/// Which methods clients may call by gRPC itself: of the services that say so, those whose rules hold without a path.
extension SnapshotCompiler {
    /// The table of all services; nil when none takes such clients.
    mutating func grpcMethods(_ services: [Service]) -> GRPCMethodTable? {
        let open = zip(services, configuration.services).filter { $0.1.takesGRPCClients }.map(\.0)
        guard !open.isEmpty else { return nil }
        var routes = RouteTableBuilder()
        var offered: [Int] = []
        var owners: [String: Service] = [:]
        for service in open {
            var seen: Set<String> = []
            for operation in operations where operation.service === service {
                guard let path = operation.callPath, seen.insert(path).inserted, isOffered(operation, path) else { continue }
                if let owner = owners.updateValue(service, forKey: path) {
                    report(
                        "grpc-method-conflict", at: places[operation.index],
                        "gRPC clients find \(path) at \(owner.name) and at \(service.name); let one of them take such clients")
                }
                guard let template = try? PathTemplate(openAPI: path) else { continue }
                routes.add(template, method: .known(.post))
                offered.append(operation.index)
            }
        }
        return GRPCMethodTable(routes: routes.build(), operations: offered)
    }

    /// Whether the operations of a method agree on its rules, and these can be kept for a request that is a message alone.
    private func isOffered(_ operation: Operation, _ path: String) -> Bool {
        let bound = operations.filter { $0.service === operation.service && $0.callPath == path }
        let why: String
        if let other = bound.first(where: { !$0.hasSameRules(as: operation) }) {
            why = "\(operation.name) and \(other.name) do not ask for the same permission, quota, size and time"
        } else if bound.contains(where: { $0.permission?.hasParameters == true }) {
            why = "its permission has a parameter of the path"
        } else if bound.contains(where: { $0.quota?.hasParameters == true }) {
            why = "its quota has a parameter of the path"
        } else if bound.contains(where: { $0.call?.fixesFields == true }) {
            why = "its route fixes a field of the message"
        } else {
            return true
        }
        report(
            "grpc-method-left-out", at: places[operation.index], severity: .warning,
            "gRPC clients cannot call \(path): \(why)")
        return false
    }
}

extension Operation {
    fileprivate func hasSameRules(as other: Operation) -> Bool {
        isPublic == other.isPublic && permission?.text == other.permission?.text && requiredRoles == other.requiredRoles
            && quota?.text == other.quota?.text && ignoresPlan == other.ignoresPlan
            && maximumBodyBytes == other.maximumBodyBytes && timeoutMilliseconds == other.timeoutMilliseconds
    }
}
