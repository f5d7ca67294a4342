import Documents
import HTTPSemantics
import OpenAPI
import Permissions
import Plans
import Protobuf
import Routing
import Transcoding

/// Bindings of a method that the document leaves out while it describes another one of the same method.
extension SnapshotCompiler {
    /// Routes them with what the described operation says: its permission, quota, limits and schema.
    ///
    /// Left out with a warning: a binding whose path lacks a parameter of the module, the permission or the quota, and all of a
    /// method whose described operations do not ask for the same, because it is not known whose rule would hold.
    mutating func addAdditional(_ described: [DescribedCall], of document: OpenAPIDocument, _ material: Material) {
        guard let codecs = material.codecs else { return }
        var taken = Set(described.map(\.binding.key))
        // What `x-grpc` put on a route of its own is described too.
        for operation in document.operations where operation.extensions.grpc != nil {
            let patterns = operation.extensions.grpc?.segments ?? [:]
            let template = try? PathTemplate(openAPI: operation.path, prefix: document.basePath, patterns: patterns)
            guard let template else { continue }
            taken.insert("\(operation.method.token) \(template.shape)")
        }
        let byMethod = Dictionary(grouping: described) { $0.binding.method.path }
        var seen: Set<String> = []
        for call in described where seen.insert(call.binding.method.path).inserted {
            let rivals = byMethod[call.binding.method.path] ?? []
            for binding in material.annotations.bindings(of: call.binding.method) where taken.insert(binding.key).inserted {
                add(binding, call, isUndecided: rivals.contains { !$0.policy.asksTheSame(as: call.policy) }, codecs, material)
            }
        }
    }

    private mutating func add(
        _ binding: AnnotatedBinding, _ call: DescribedCall, isUndecided: Bool, _ codecs: CodecPool, _ material: Material
    ) {
        let operation = call.policy.operation
        func leaveOut(_ why: String) {
            findings.warning(
                "additional-binding-left-out", at: operation.node,
                "\(binding.rule.method) \(binding.rule.path) of \(binding.method.path) is not served: \(why); describe it")
        }
        if isUndecided { return leaveOut("the operations of this method do not ask for the same module, permission and quota") }
        var policy = call.policy
        let parameters = binding.template.variables.map(\.field)
        if let template = operation.extensions.module {
            guard let module = ModuleReference(template, parameters: parameters) else {
                return leaveOut("its path lacks the parameter of \"x-module\"")
            }
            policy.module = module
        }
        if let template = operation.extensions.permission {
            guard let permission = try? PermissionPattern(template.text, parameters: parameters) else {
                return leaveOut("its path lacks a parameter of \"x-permission\"")
            }
            policy.permission = permission
        }
        if let use = operation.extensions.quota {
            policy.quota = nil
            if use.counts(RouteMethod(token: binding.rule.method)) {
                guard let quota = try? QuotaPattern(use.name.text, parameters: binding.template.variables.map(\.field)) else {
                    return leaveOut("its path lacks a parameter of \"x-quota\"")
                }
                policy.quota = quota
            }
        }
        policy.checks = policy.checks.flatMap { checks(of: binding.rule, sharing: $0, of: call.binding.rule) }
        let items = operation.extensions.grpcItems.map { CallBinding.Items($0) }
        let place = RoutePlace.node(operation.node)
        let program = CallBinding(rule: binding.rule, template: binding.template, items: items)
        guard let program = compile(binding.method, program, codecs, at: place) else { return }
        add(
            compiled(policy, program, material, method: binding.rule.method, binding.rule.path), binding.template,
            method: RouteMethod(token: binding.rule.method), at: place)
    }
}

extension SnapshotCompiler {
    /// What of the described operation's checks holds for another binding: its path and query are others, and where another
    /// part of a message is the body, so is that.
    private func checks(of rule: HTTPRule, sharing checks: MessageChecks, of described: HTTPRule) -> MessageChecks? {
        MessageChecks(
            checks.validator, parameters: .off, body: rule.body == described.body ? checks.body : .off,
            answer: rule.responseBody == described.responseBody ? checks.answer : .off)
    }
}

extension SnapshotCompiler.OperationPolicy {
    fileprivate func asksTheSame(as other: Self) -> Bool {
        operation.isPublic == other.operation.isPublic
            && operation.extensions.permission?.text == other.operation.extensions.permission?.text
            && operation.extensions.module == other.operation.extensions.module
            && operation.extensions.quota == other.operation.extensions.quota
            && operation.extensions.ignoresPlan == other.operation.extensions.ignoresPlan
    }
}
