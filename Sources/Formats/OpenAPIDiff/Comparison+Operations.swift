import Documents
import OpenAPI

extension Comparison {
    func compare(_ old: OpenAPIOperation, _ new: OpenAPIOperation) {
        note(old, new)
        compareSecurity(old, new)
        compareExtensions(old, new)
        compareParameters(old, new)
        compareRequestBodies(old, new)
        compareResponses(old, new)
    }

    private func note(_ old: OpenAPIOperation, _ new: OpenAPIOperation) {
        if old.path != new.path {
            log.report(
                .note, "path-parameter-renamed", .new, at: new.pathNode, new.title,
                "path parameters have other names, was \(old.path)")
        }
        if old.operationID != new.operationID {
            log.report(
                .note, "operation-id-changed", .new, at: new.node["operationId"] ?? new.node, new.title,
                "operationId is now \(quoted(new.operationID)), was \(quoted(old.operationID)); generated clients rename a method"
            )
        }
        let wasDeprecated = old.node["deprecated"]?.bool ?? false
        let isDeprecated = new.node["deprecated"]?.bool ?? false
        if wasDeprecated != isDeprecated {
            log.report(
                .note, isDeprecated ? "operation-deprecated" : "operation-undeprecated", .new,
                at: new.node["deprecated"] ?? new.node, new.title,
                isDeprecated ? "the operation is deprecated" : "the operation is no longer deprecated")
        }
    }

    private func compareExtensions(_ old: OpenAPIOperation, _ new: OpenAPIOperation) {
        comparePermissions(old, new)
        let before = old.extensions
        let after = new.extensions
        func report(_ level: DocumentChange.Level, _ code: String, _ key: String, _ message: String) {
            log.report(level, code, .new, at: new.node[key] ?? new.node, new.title, message)
        }
        if before.module?.text != after.module?.text {
            report(
                after.module == nil ? .note : .breaking, "module-changed", "x-module",
                "the module is now \(quoted(after.module?.text)), was \(quoted(before.module?.text))")
        }
        if before.timeout != after.timeout {
            report(
                .note, "timeout-changed", "x-timeout",
                "x-timeout is now \(after.timeout?.documentText ?? "unset"), was \(before.timeout?.documentText ?? "unset")")
        }
        if before.maximumBodyBytes != after.maximumBodyBytes {
            let shrinks = after.maximumBodyBytes.map { $0 < before.maximumBodyBytes ?? .max } ?? false
            report(
                shrinks ? .warning : .note, "max-body-changed", "x-max-body",
                "x-max-body is now \(size(after.maximumBodyBytes)), was \(size(before.maximumBodyBytes))")
        }
        for token in before.upgrades where !after.upgrades.contains(token) {
            log.report(
                .breaking, "upgrade-removed", .old, at: old.node["x-upgrade"] ?? old.node["x-websocket"] ?? old.node, new.title,
                "upgrades to \(token) are no longer taken")
        }
        if CanonicalValue.text(old.node["x-grpc"]) != CanonicalValue.text(new.node["x-grpc"]) {
            report(.note, "grpc-binding-changed", "x-grpc", "x-grpc differs; the operation may call another method")
        }
    }

    private func comparePermissions(_ old: OpenAPIOperation, _ new: OpenAPIOperation) {
        let before = old.extensions.permission?.text
        let after = new.extensions.permission?.text
        // Names of path parameters may differ; what is asked for is the same then.
        guard before != after, permissionShape(old) != permissionShape(new) else { return }
        let place = new.node["x-permission"] ?? new.node
        switch (before, after) {
        case (nil, let name?):
            log.report(.breaking, "permission-required", .new, at: place, new.title, "callers now need the permission \(name)")
        case (let name?, nil):
            log.report(
                .warning, "permission-removed", .old, at: old.node["x-permission"] ?? old.node, new.title,
                "callers no longer need the permission \(name)")
        default:
            log.report(
                .breaking, "permission-changed", .new, at: place, new.title,
                "callers now need the permission \(quoted(after)), before it was \(quoted(before))")
        }
    }

    /// The permission with its parameters by their position in the path.
    private func permissionShape(_ operation: OpenAPIOperation) -> [String]? {
        operation.extensions.permission?.parts.map { part in
            switch part {
            case .literal(let text): return text
            case .parameter(let name): return "{\(operation.pathParameters.firstIndex(of: name) ?? -1)}"
            }
        }
    }

    private func quoted(_ text: String?) -> String { text.map { "\"\($0)\"" } ?? "unset" }

    private func size(_ bytes: Int?) -> String { bytes.map { ByteSize.text($0) } ?? "unset" }
}
