import Documents
import HTTPSemantics
import Permissions
import Plans
import Routing
import Transcoding

/// Which methods clients may call by gRPC itself: of the services that say so, those whose rules hold without a path.
extension SnapshotCompiler {
    /// What is on offer; that two services offer the same method is reported.
    func offers(_ services: [Service], _ upstreams: [PlatformConfiguration.Upstream]) -> [GRPCOffer] {
        var offers: [GRPCOffer] = []
        var owners: [String: Service] = [:]
        for (service, upstream) in zip(services, upstreams) where upstream.takesGRPCClients {
            let own = operations.filter { $0.service === service }
            var seen: Set<String> = []
            for operation in own {
                guard let path = operation.callPath, seen.insert(path).inserted, isOffered(operation, path, own) else { continue }
                if let owner = owners.updateValue(service, forKey: path) {
                    report(
                        "grpc-method-conflict", at: places[operation.index],
                        "gRPC clients find \(path) at \(owner.name) and at \(service.name); let one of them take such clients")
                }
                guard let template = try? PathTemplate(openAPI: path) else { continue }
                offers.append(GRPCOffer(path: path, template: template, operation: operation.index))
            }
        }
        return offers
    }

    /// Whether the operations of a method agree on its rules, and these can be kept for a request that is a message alone.
    private func isOffered(_ operation: Operation, _ path: String, _ own: [Operation]) -> Bool {
        let bound = own.filter { $0.callPath == path }
        let why: String
        if let other = bound.first(where: { !$0.hasSameRules(as: operation) }) {
            why = "\(operation.name) and \(other.name) do not ask for the same permission, module, quota, size and time"
        } else if bound.contains(where: { $0.permission?.hasParameters == true }) {
            why = "its permission has a parameter of the path"
        } else if bound.contains(where: { if case .capture = $0.module { true } else { false } }) {
            why = "its module is a parameter of the path"
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
        isPublic == other.isPublic && permission?.text == other.permission?.text && module == other.module
            && requiredRoles == other.requiredRoles && quota?.text == other.quota?.text && ignoresPlan == other.ignoresPlan
            && maximumBodyBytes == other.maximumBodyBytes && timeoutMilliseconds == other.timeoutMilliseconds
    }
}
