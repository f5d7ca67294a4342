import Documents
import HTTPSemantics
import OpenAPI
import Permissions
import Plans
import Protobuf
import Routing
import Transcoding

/// Operations of one service: from its OpenAPI document, or for gRPC without one from the annotations of its methods.
extension SnapshotCompiler {
    mutating func addOperations(of service: Service, _ upstream: PlatformConfiguration.Upstream) {
        let codecs = loadCodecs(upstream)
        let annotations = codecs.map { AnnotationIndex($0.descriptors) } ?? AnnotationIndex()
        let material = Material(service: service, upstream: upstream, codecs: codecs, annotations: annotations)
        // With a document a binding that is none may still not matter: no operation need name its method.
        for fault in annotations.faults {
            report(
                fault.code, at: .method(file: upstream.descriptorFile ?? file, path: fault.method),
                severity: upstream.openAPI == nil ? .error : .warning, fault.message)
        }
        if let file = upstream.openAPI {
            for conflict in annotations.conflicts {
                report(
                    "route-conflict", at: .method(file: upstream.descriptorFile ?? "", path: conflict.method), severity: .warning,
                    "\(conflict.key) is annotated on \(conflict.other) too, which has it; name one with `x-grpc`")
            }
            let (document, problems) = OpenAPIDocument.load(file: file, source: source)
            findings.report(problems)
            guard let document else { return }
            addOperations(of: document, material)
        } else if upstream.transport == .grpc {
            addAnnotated(material)
        } else {
            report("service-without-routes", pointer: "/services", "\(upstream.name) names no OpenAPI document; add `openapi`")
        }
    }

    private func loadCodecs(_ upstream: PlatformConfiguration.Upstream) -> CodecPool? {
        guard upstream.transport == .grpc else { return nil }
        guard let file = upstream.descriptorFile else {
            report(
                "descriptors-missing", pointer: "/services",
                "\(upstream.name) is a gRPC service; name its descriptor set, or reflection, with `descriptors`")
            return nil
        }
        switch source.read(file) {
        case .failure(let fault):
            report("descriptors-unreadable", pointer: "/services", "\(file): \(fault.message)")
            return nil
        case .success(let bytes):
            let (pool, problems) = DescriptorPool.load(bytes)
            for problem in problems {
                findings.report(
                    Finding(
                        severity: problem.isError ? .error : .warning, file: file, line: 0, column: 0, pointer: problem.path,
                        code: problem.code.rawValue, message: problem.message))
            }
            return pool.map { CodecPool($0, options: TranscodingOptions(upstream)) }
        }
    }

    private mutating func addOperations(of document: OpenAPIDocument, _ material: Material) {
        let resolved = document.operations.map { resolve($0, of: document, material) }
        let checks = compileChecks(of: document, resolved, material)
        var described: [DescribedCall] = []
        for (index, operation) in document.operations.enumerated() {
            guard let found = resolved[index] else { continue }
            let policy = OperationPolicy(
                operation: operation, checks: checks?[index], permission: permission(operation, operation.pathParameters),
                module: module(operation), quota: quota(operation, operation.pathParameters))
            add(
                compiled(
                    policy, found.call?.program, material, method: operation.method.token.description,
                    document.basePath + operation.path),
                found.template, method: .known(operation.method), at: .node(operation.node))
            if let annotation = found.call?.annotation { described.append(DescribedCall(binding: annotation, policy: policy)) }
        }
        warnOfDisagreement(between: document, and: material)
        addAdditional(described, of: document, material)
        warnOfMissingPermissions(document)
    }

    /// Where an operation is routed, and for gRPC what it calls.
    struct ResolvedOperation {
        let template: PathTemplate
        var call: ResolvedCall?
    }

    private func resolve(
        _ operation: OpenAPIOperation, of document: OpenAPIDocument, _ material: Material
    ) -> ResolvedOperation? {
        let template: PathTemplate
        do {
            template = try PathTemplate(
                openAPI: operation.path, prefix: document.basePath, patterns: operation.extensions.grpc?.segments ?? [:])
        } catch {
            findings.error(error.code, at: operation.pathNode, error.message)
            return nil
        }
        guard material.service.transport == .grpc else { return ResolvedOperation(template: template) }
        return resolveCall(operation, of: document, template, material).map {
            ResolvedOperation(template: $0.template, call: $0)
        }
    }

    /// What an OpenAPI operation says, however many routes lead to it.
    struct OperationPolicy {
        let operation: OpenAPIOperation
        var checks: MessageChecks?
        var permission: PermissionPattern?
        var module: ModuleReference?
        /// Nil too where the method does not draw on it.
        var quota: QuotaPattern?
    }

    /// An operation of the document and the annotated binding it describes.
    struct DescribedCall {
        let binding: AnnotatedBinding
        let policy: OperationPolicy
    }

    func compiled(
        _ policy: OperationPolicy, _ call: CallProgram?, _ material: Material, method: String, _ template: String
    ) -> Operation {
        let operation = policy.operation
        let extensions = operation.extensions
        let limits = bodyLimits(extensions.maximumBodyBytes, material, call)
        return Operation(
            index: nextOperation,
            name: "\(material.service.name).\(operation.operationID ?? "\(operation.method.token) \(operation.path)")",
            method: method, template: template, kind: call == nil ? .http : .grpc, service: material.service,
            isPublic: operation.isPublic, permission: policy.permission, module: policy.module ?? ownModule, quota: policy.quota,
            ignoresPlan: extensions.ignoresPlan, checks: policy.checks, call: call, callPath: call?.methodPath,
            maximumBodyBytes: limits.all, maximumWholeBodyBytes: limits.whole,
            timeoutMilliseconds: extensions.timeout?.milliseconds ?? material.service.timeoutMilliseconds,
            allowsUpgrade: !extensions.upgrades.isEmpty, corsTenant: extensions.corsTenant.map { Array($0.utf8) },
            flag: extensions.featureFlag)
    }

    /// Bytes a body may have that is held whole, to be checked or translated, where the configuration says nothing: what gRPC
    /// servers accept by default, and more JSON than anybody types.
    static let wholeBodyBytes = 4 << 20

    /// Bytes of a body that passes as it comes, and of one, or of one message of a stream, that is held whole.
    func bodyLimits(_ ofOperation: Int?, _ material: Material, _ call: CallProgram?) -> (all: Int, whole: Int) {
        let chosen = ofOperation ?? material.upstream.maximumBodyBytes
        let all = chosen ?? material.service.maximumBodyBytes
        let whole = min(Self.wholeBodyBytes, all)
        guard let call else { return (all, chosen ?? whole) }
        return call.isClientStreaming ? (all, whole) : (chosen ?? whole, chosen ?? whole)
    }

    /// What operations belong to that say nothing of it.
    var ownModule: ModuleReference? { module.map { .fixed(Array($0.utf8)) } }

    private func module(_ operation: OpenAPIOperation) -> ModuleReference? {
        guard let template = operation.extensions.module else { return nil }
        if let module, template.text != module {
            findings.error(
                "module-foreign", at: operation.node["x-module"] ?? operation.node,
                "the operations of a module belong to it; remove \"x-module\" or write \(module)")
            return nil
        }
        if let reference = ModuleReference(template, parameters: operation.pathParameters) { return reference }
        findings.error(
            "module-unknown-parameter", at: operation.node["x-module"] ?? operation.node,
            "\"\(template.text)\" names a parameter that the path does not have")
        return nil
    }

    private func permission(_ operation: OpenAPIOperation, _ parameters: [String]) -> PermissionPattern? {
        guard let template = operation.extensions.permission else { return nil }
        do {
            return try PermissionPattern(template.text, parameters: parameters)
        } catch {
            findings.error(
                error.rawValue, at: operation.node["x-permission"] ?? operation.node,
                "a permission is module.resource.action, each a name or one {path parameter}")
            return nil
        }
    }
}

extension SnapshotCompiler {
    /// The quota that requests of the operation draw on. One that is written at an operation and never counts is a mistake.
    private func quota(_ operation: OpenAPIOperation, _ parameters: [String]) -> QuotaPattern? {
        guard let use = operation.extensions.quota else { return nil }
        guard use.counts(operation.method) else {
            if let node = operation.node["x-quota"] {
                findings.warning(
                    "quota-without-effect", at: node,
                    "a \(operation.method.token) request does not draw on it; where it should, write "
                        + "{name: \(use.name.text), on: [\(operation.method.token)]}")
            }
            return nil
        }
        do {
            return try QuotaPattern(use.name.text, parameters: parameters)
        } catch {
            findings.error(
                error.rawValue, at: operation.node["x-quota"] ?? operation.node,
                "a quota is one to four names with dots between, each a name or one {path parameter}")
            return nil
        }
    }
}

extension QuotaUse {
    /// Whether requests on a route with this method draw on it; one for any method may add something.
    func counts(_ method: RouteMethod) -> Bool {
        switch method {
        case .known(let method): counts(method)
        case .custom, .any: counts(.other)
        }
    }
}

extension TranscodingOptions {
    init(_ upstream: PlatformConfiguration.Upstream) {
        self.init()
        ignoresUnknownParameters = upstream.ignoresUnknownParameters
    }
}
