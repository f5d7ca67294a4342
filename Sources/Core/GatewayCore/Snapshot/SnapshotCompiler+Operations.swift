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
        let material = Material(service: service, upstream: upstream, codecs: loadCodecs(upstream))
        if let file = upstream.openAPI {
            let (document, problems) = OpenAPIDocument.load(file: file, source: source)
            findings.report(problems)
            guard let document else { return }
            for operation in document.operations { addOperation(operation, of: document, material) }
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
            return pool.map { CodecPool($0) }
        }
    }

    private mutating func addOperation(_ operation: OpenAPIOperation, of document: OpenAPIDocument, _ material: Material) {
        let template: PathTemplate
        do {
            template = try PathTemplate(openAPI: operation.path, prefix: document.basePath)
        } catch {
            return findings.error(error.code, at: operation.pathNode, error.message)
        }
        let method = operation.method
        var call: CallProgram?
        if material.service.transport == .grpc {
            call = compileCall(operation, template, material)
            if call == nil { return }
        }
        let extensions = operation.extensions
        let schema = bodySchema(operation, document, material)
        add(
            Operation(
                index: operations.count,
                name: "\(material.service.name).\(operation.operationID ?? "\(method.token) \(operation.path)")",
                method: method.token.description, template: document.basePath + operation.path, kind: call == nil ? .http : .grpc,
                service: material.service,
                isPublic: operation.isPublic, permission: permission(operation),
                bodySchema: schema,
                isBodyRequired: operation.requestBody?.isRequired ?? false, validation: material.upstream.requestValidation,
                call: call, callPath: call?.methodPath,
                maximumBodyBytes: bodyLimit(extensions.maximumBodyBytes, material, isWhole: call != nil || schema != nil),
                timeoutMilliseconds: extensions.timeout?.milliseconds ?? material.service.timeoutMilliseconds,
                allowsUpgrade: !extensions.upgrades.isEmpty),
            template, method: .known(method), at: operation.node)
    }

    /// Bytes a body may have that is held whole, to be checked or translated, where the configuration says nothing: what gRPC
    /// servers accept by default, and more JSON than anybody types.
    static let wholeBodyBytes = 4 << 20

    func bodyLimit(_ ofOperation: Int?, _ material: Material, isWhole: Bool) -> Int {
        if let limit = ofOperation ?? material.upstream.maximumBodyBytes { return limit }
        return isWhole ? min(Self.wholeBodyBytes, material.service.maximumBodyBytes) : material.service.maximumBodyBytes
    }

    private func permission(_ operation: OpenAPIOperation) -> PermissionPattern? {
        guard let template = operation.extensions.permission else { return nil }
        do {
            return try PermissionPattern(template.text, parameters: operation.pathParameters)
        } catch {
            findings.error(
                error.rawValue, at: operation.node["x-permission"] ?? operation.node,
                "a permission is module.resource.action, each a name or one {path parameter}")
            return nil
        }
    }

    private func bodySchema(
        _ operation: OpenAPIOperation, _ document: OpenAPIDocument, _ material: Material
    ) -> SchemaProgram? {
        guard material.upstream.requestValidation != .off, let body = operation.requestBody,
            let schema = body.content.first(where: { Self.isJSON($0.mediaType) })?.schema
        else { return nil }
        let options = SchemaOptions(dialect: document.version == .v3_0 ? .oas30 : .oas31, direction: .request)
        let (program, problems) = SchemaProgram.compile(
            schema, options: options, resolvingNode: { document.bundle.target(of: $0) })
        findings.report(problems)
        return program
    }

    private static func isJSON(_ mediaType: String) -> Bool {
        let type = mediaType.prefix { $0 != ";" }.lowercased()
        return type == "application/json" || type.hasSuffix("+json")
    }
}
