import Documents
import HTTPSemantics
import JSONSchema
import OpenAPI
import Permissions
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
            var described: [DescribedCall] = []
            for operation in document.operations {
                if let call = addOperation(operation, of: document, material) { described.append(call) }
            }
            addAdditional(described, of: document, material)
            warnOfMissingPermissions(document)
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

    /// Adds one operation; for a call that an annotation describes, answers what its other bindings share.
    private mutating func addOperation(
        _ operation: OpenAPIOperation, of document: OpenAPIDocument, _ material: Material
    ) -> DescribedCall? {
        let template: PathTemplate
        do {
            template = try PathTemplate(
                openAPI: operation.path, prefix: document.basePath, patterns: operation.extensions.grpc?.segments ?? [:])
        } catch {
            findings.error(error.code, at: operation.pathNode, error.message)
            return nil
        }
        var call: ResolvedCall?
        if material.service.transport == .grpc {
            call = resolveCall(operation, of: document, template, material)
            if call == nil { return nil }
        }
        let policy = OperationPolicy(
            operation: operation,
            schema: bodySchema(operation, document, material, isStream: call?.program.isClientStreaming == true),
            permission: permission(operation, operation.pathParameters))
        add(
            compiled(
                policy, call?.program, material, method: operation.method.token.description, document.basePath + operation.path),
            call?.template ?? template, method: .known(operation.method), at: .node(operation.node))
        return call?.annotation.map { DescribedCall(binding: $0, policy: policy) }
    }

    /// What an OpenAPI operation says, however many routes lead to it.
    struct OperationPolicy {
        let operation: OpenAPIOperation
        var schema: SchemaProgram?
        var permission: PermissionPattern?
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
        let isWhole = call.map { !$0.isClientStreaming } ?? (policy.schema != nil)
        return Operation(
            index: operations.count,
            name: "\(material.service.name).\(operation.operationID ?? "\(operation.method.token) \(operation.path)")",
            method: method, template: template, kind: call == nil ? .http : .grpc, service: material.service,
            isPublic: operation.isPublic, permission: policy.permission, bodySchema: policy.schema,
            isBodyRequired: operation.requestBody?.isRequired ?? false, validation: material.upstream.requestValidation,
            call: call, callPath: call?.methodPath,
            maximumBodyBytes: bodyLimit(extensions.maximumBodyBytes, material, isWhole: isWhole),
            timeoutMilliseconds: extensions.timeout?.milliseconds ?? material.service.timeoutMilliseconds,
            allowsUpgrade: !extensions.upgrades.isEmpty)
    }

    /// Bytes a body may have that is held whole, to be checked or translated, where the configuration says nothing: what gRPC
    /// servers accept by default, and more JSON than anybody types.
    static let wholeBodyBytes = 4 << 20

    func bodyLimit(_ ofOperation: Int?, _ material: Material, isWhole: Bool) -> Int {
        if let limit = ofOperation ?? material.upstream.maximumBodyBytes { return limit }
        return isWhole ? min(Self.wholeBodyBytes, material.service.maximumBodyBytes) : material.service.maximumBodyBytes
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

    private func bodySchema(
        _ operation: OpenAPIOperation, _ document: OpenAPIDocument, _ material: Material, isStream: Bool
    ) -> SchemaProgram? {
        guard material.upstream.requestValidation != .off, let body = operation.requestBody else { return nil }
        let found = isStream ? messageSchema(body, document) : body.content.first { Self.isJSON($0.mediaType) }?.schema
        guard let schema = found else { return nil }
        let options = SchemaOptions(dialect: document.version == .v3_0 ? .oas30 : .oas31, direction: .request)
        let (program, problems) = SchemaProgram.compile(
            schema, options: options, resolvingNode: { document.bundle.target(of: $0) })
        findings.report(problems)
        return program
    }

    /// The schema of each message of a stream: that of the lines, or of the elements of the array.
    private func messageSchema(_ body: OpenAPIRequestBody, _ document: OpenAPIDocument) -> SourceNode? {
        let lines = body.content.first { JSONItems.Format(mediaType: Self.type($0.mediaType)) == .lines }
        if let schema = lines?.schema { return schema }
        guard let schema = body.content.first(where: { Self.isJSON($0.mediaType) })?.schema else { return nil }
        if let items = document.bundle.resolved(schema)?["items"] { return items }
        findings.warning(
            "stream-without-items", at: schema,
            "the body is a stream of messages; describe them by \"items\" here or under application/x-ndjson, or they go unchecked"
        )
        return nil
    }

    private static func type(_ mediaType: String) -> String { mediaType.prefix { $0 != ";" }.lowercased() }

    private static func isJSON(_ mediaType: String) -> Bool {
        let type = type(mediaType)
        return type == "application/json" || type.hasSuffix("+json")
    }
}

extension TranscodingOptions {
    init(_ upstream: PlatformConfiguration.Upstream) {
        self.init()
        ignoresUnknownParameters = upstream.ignoresUnknownParameters
    }
}
