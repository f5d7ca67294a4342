import Documents
import HTTPSemantics
import OpenAPI
import Protobuf
import Routing
import Transcoding

/// Which gRPC method an operation calls, and how its message is bound.
extension SnapshotCompiler {
    /// The call of an OpenAPI operation: named by `x-grpc`, or found by the `google.api.http` rule with the same method and path.
    func compileCall(_ operation: OpenAPIOperation, _ template: PathTemplate, _ material: Material) -> CallProgram? {
        guard let codecs = material.codecs else { return nil }
        if let binding = operation.extensions.grpc {
            let place = operation.node["x-grpc"] ?? operation.node
            guard let method = codecs.descriptors.method(named: "\(binding.service)/\(binding.method)") else {
                findings.error(
                    "unknown-grpc-method", at: place, "the descriptor set has no \(binding.service)/\(binding.method)")
                return nil
            }
            return compile(method, CallBinding(binding, template), codecs, at: place)
        }
        for method in codecs.descriptors.services.flatMap(\.methods) {
            guard let rule = method.httpRule else { continue }
            for candidate in [rule] + rule.additionalBindings where candidate.method == operation.method.token.description {
                guard let path = try? PathTemplate(httpRule: candidate.path), path.shape == template.shape else { continue }
                return compile(method, CallBinding(rule: candidate, variables: Self.variables(path)), codecs, at: operation.node)
            }
        }
        findings.error(
            "operation-without-call", at: operation.node,
            "no method of the descriptor set is annotated with this method and path; name one with `x-grpc`")
        return nil
    }

    /// Routes of a gRPC service without an OpenAPI document: one for each annotated binding.
    mutating func addAnnotated(_ material: Material) {
        guard let codecs = material.codecs else { return }
        for method in codecs.descriptors.services.flatMap(\.methods) {
            guard let rule = method.httpRule else { continue }
            for binding in [rule] + rule.additionalBindings { addAnnotated(method, binding, codecs, material) }
        }
    }

    private mutating func addAnnotated(
        _ method: MethodDescriptor, _ rule: HTTPRule, _ codecs: CodecPool, _ material: Material
    ) {
        let path: PathTemplate
        do {
            path = try PathTemplate(httpRule: rule.path)
        } catch {
            return report(error.code, pointer: method.path, "\(rule.path): \(error.message)")
        }
        guard
            let call = compile(method, CallBinding(rule: rule, variables: Self.variables(path)), codecs, at: nil)
        else { return }
        add(
            Operation(
                index: operations.count, name: "\(material.service.name).\(method.name)", method: rule.method,
                template: rule.path, kind: .grpc,
                service: material.service, isPublic: false, validation: .off, call: call, callPath: call.methodPath,
                maximumBodyBytes: bodyLimit(nil, material, isWhole: true),
                timeoutMilliseconds: material.service.timeoutMilliseconds),
            path, method: RouteMethod(token: rule.method), at: nil)
    }

    private func compile(
        _ method: MethodDescriptor, _ binding: CallBinding, _ codecs: CodecPool, at place: SourceNode?
    ) -> CallProgram? {
        let (program, problems) = CallProgram.compile(method, binding: binding, pool: codecs)
        for problem in problems {
            if let place {
                findings.error(problem.code.rawValue, at: place, "\(method.path) \(problem.path): \(problem.message)")
            } else {
                report(problem.code.rawValue, pointer: method.path, "\(problem.path): \(problem.message)")
            }
        }
        return program
    }

    private static func variables(_ template: PathTemplate) -> [(field: String, isMultiSegment: Bool)] {
        template.variables.map { ($0.field, $0.isMultiSegment) }
    }
}

extension CallBinding {
    /// The binding `x-grpc` describes; it names every path parameter of the template.
    init(_ binding: GRPCBinding, _ template: PathTemplate) {
        let names = template.variables.map(\.field)
        let fields = binding.fields.map { field in
            Field(
                path: field.field,
                parts: field.value.parts.map { part in
                    switch part {
                    case .literal(let text): .literal(text)
                    case .parameter(let name): .capture(names.firstIndex(of: name) ?? 0, isMultiSegment: false)
                    }
                })
        }
        let body: Body
        switch binding.body {
        case .none: body = .none
        case .whole: body = .all
        case .field(let name): body = .field(name)
        }
        self.init(fields: fields, body: body, responseBody: binding.responseBody)
    }
}
