import Bytes
import Documents
import HTTPSemantics
import OpenAPI
import Protobuf
import Routing
import Transcoding

/// Which gRPC method an operation calls, and how its message is bound.
extension SnapshotCompiler {
    /// What an operation of a gRPC service comes to.
    struct ResolvedCall {
        let program: CallProgram
        /// The template of its route, whose captures the program reads.
        let template: PathTemplate
        /// The annotation it was found by; nil for `x-grpc`.
        var annotation: AnnotatedBinding?
    }

    /// The call of an OpenAPI operation: named by `x-grpc`, or found by the `google.api.http` rule with the same method and path.
    func resolveCall(
        _ operation: OpenAPIOperation, of document: OpenAPIDocument, _ template: PathTemplate, _ material: Material
    ) -> ResolvedCall? {
        guard let codecs = material.codecs else { return nil }
        if let binding = operation.extensions.grpc {
            return resolveNamed(binding, operation, template, material, codecs).map {
                ResolvedCall(program: $0, template: template)
            }
        }
        let token = operation.method.token.description
        let items = operation.extensions.grpcItems.map { CallBinding.Items($0) }
        if let annotation = material.annotations.binding(token, shapedAs: template) {
            let fields = annotation.template.variables.map {
                CallBinding.Field($0, of: annotation.template, capturedBy: template)
            }
            let binding = CallBinding(rule: annotation.rule, fields: fields, items: items)
            return compile(annotation.method, binding, codecs, at: operation.node).map {
                ResolvedCall(program: $0, template: template, annotation: annotation)
            }
        }
        if let annotation = material.annotations.binding(token, writtenAs: document.basePath + operation.path) {
            let binding = CallBinding(rule: annotation.rule, template: annotation.template, items: items)
            return compile(annotation.method, binding, codecs, at: operation.node).map {
                ResolvedCall(program: $0, template: annotation.template, annotation: annotation)
            }
        }
        findings.error(
            "operation-without-call", at: operation.node,
            "no method of the descriptor set is annotated with this method and path; name one with `x-grpc`")
        return nil
    }

    private func resolveNamed(
        _ binding: GRPCBinding, _ operation: OpenAPIOperation, _ template: PathTemplate, _ material: Material, _ codecs: CodecPool
    ) -> CallProgram? {
        let place = operation.node["x-grpc"] ?? operation.node
        guard let method = codecs.descriptors.method(named: "\(binding.service)/\(binding.method)") else {
            findings.error("unknown-grpc-method", at: place, "the descriptor set has no \(binding.service)/\(binding.method)")
            return nil
        }
        if operation.method == .get || operation.method == .head, binding.body != .none {
            findings.error(
                "body-on-get", at: place["body"] ?? place, "a \(operation.method.token) request has no body (AIP-131); remove it")
        }
        var call = CallBinding(binding, template)
        call.items = operation.extensions.grpcItems.map { CallBinding.Items($0) }
        call.fillsUpdateMask = operation.method == .patch
        if let annotation = material.annotations.binding(operation.method.token.description, shapedAs: template) {
            warnOfConflict(annotation, call, method, at: place)
        }
        return compile(method, call, codecs, at: place)
    }

    /// `x-grpc` stands nearer to the operation than an annotation and holds; that they differ is worth a word.
    private func warnOfConflict(
        _ annotation: AnnotatedBinding, _ call: CallBinding, _ method: MethodDescriptor, at place: SourceNode
    ) {
        let annotated = CallBinding(rule: annotation.rule, template: annotation.template)
        let difference: String
        if annotation.method.path != method.path {
            difference = "calls \(method.path), but \(annotation.method.path) is annotated with this method and path"
        } else if annotated.body != call.body {
            difference = "and the annotation of \(method.path) read the body differently"
        } else if annotated.responseBody != call.responseBody {
            difference = "and the annotation of \(method.path) answer different parts of the response"
        } else {
            return
        }
        findings.warning(
            "grpc-annotation-conflict", at: place, "\"x-grpc\" \(difference); \"x-grpc\" holds, remove it or mend the annotation")
    }

    /// Routes of a gRPC service without an OpenAPI document: one for each annotated binding.
    mutating func addAnnotated(_ material: Material) {
        guard let codecs = material.codecs else { return }
        for annotation in material.annotations.bindings {
            let place = RoutePlace.method(file: material.upstream.descriptorFile ?? file, path: annotation.method.path)
            let binding = CallBinding(rule: annotation.rule, template: annotation.template)
            guard let call = compile(annotation.method, binding, codecs, at: place) else { continue }
            let limits = bodyLimits(nil, material, call)
            add(
                Operation(
                    index: nextOperation, name: "\(material.service.name).\(annotation.method.name)",
                    method: annotation.rule.method, template: annotation.rule.path, kind: .grpc,
                    service: material.service, isPublic: false, module: ownModule, call: call, callPath: call.methodPath,
                    maximumBodyBytes: limits.all, maximumWholeBodyBytes: limits.whole,
                    timeoutMilliseconds: material.service.timeoutMilliseconds),
                annotation.template, method: RouteMethod(token: annotation.rule.method), at: place)
        }
    }

    func compile(
        _ method: MethodDescriptor, _ binding: CallBinding, _ codecs: CodecPool, at place: SourceNode
    ) -> CallProgram? {
        compile(method, binding, codecs, at: .node(place))
    }

    func compile(
        _ method: MethodDescriptor, _ binding: CallBinding, _ codecs: CodecPool, at place: RoutePlace
    ) -> CallProgram? {
        let (program, problems) = CallProgram.compile(method, binding: binding, pool: codecs)
        for problem in problems { report(problem.code.rawValue, at: place, "\(problem.path): \(problem.message)") }
        return program
    }
}

extension CallBinding {
    /// The binding `x-grpc` describes; it names every path parameter of the template.
    init(_ binding: GRPCBinding, _ template: PathTemplate) {
        let variables = template.variables
        let fields = binding.fields.map { field in
            Field(
                path: field.field,
                parts: field.value.parts.map { part in
                    switch part {
                    case .literal(let text): return .literal(text)
                    case .parameter(let name):
                        let index = variables.firstIndex { $0.field == name } ?? 0
                        return .capture(
                            index, isMultiSegment: variables.indices.contains(index) && variables[index].isMultiSegment)
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

    /// The binding of an annotation on a route of its own template.
    init(rule: HTTPRule, template: PathTemplate, items: Items? = nil) {
        self.init(rule: rule, variables: template.variables.map { ($0.field, $0.isMultiSegment) })
        self.items = items
    }

    /// The binding of an annotation whose fields are captured otherwise.
    init(rule: HTTPRule, fields: [Field], items: Items?) {
        self.init(rule: rule, variables: [])
        self.fields = fields
        self.items = items
    }
}

extension CallBinding.Items {
    init(_ items: GRPCItems) { self.init(field: items.field, status: items.status) }
}

extension CallBinding.Field {
    /// The text of an annotation's variable on a route of the same shape with variables of its own, of one segment each:
    /// `{name=shelves/*}` on `/v1/shelves/{shelf}` is `shelves/{shelf}`.
    init(_ variable: PathTemplate.Variable, of annotation: PathTemplate, capturedBy route: PathTemplate) {
        let end = variable.spansRest ? annotation.segments.count + 1 + variable.end : variable.end
        // A variable of the same extent, whatever it is called, is captured whole.
        if let index = route.variables.firstIndex(where: { $0.start == variable.start && $0.end == variable.end }) {
            self.init(path: variable.field, parts: [.capture(index, isMultiSegment: variable.isMultiSegment)])
            return
        }
        var parts: [CallBinding.Part] = []
        var text = ""
        for position in variable.start..<end {
            if position > variable.start { text += "/" }
            if case .literal(let literal) = annotation.segments[position] {
                text += Self.decoded(literal)
            } else if let index = route.variables.firstIndex(where: { $0.start == position }) {
                if !text.isEmpty { parts.append(.literal(text)) }
                text = ""
                parts.append(.capture(index, isMultiSegment: true))
            }
        }
        if !text.isEmpty { parts.append(.literal(text)) }
        self.init(path: variable.field, parts: parts)
    }

    private static func decoded(_ literal: String) -> String {
        let text = ByteWriter()
        literal.withByteView { PathValue.appendDecoded($0, isMultiSegment: true, to: text) }
        return String(text.view)
    }
}

/// Where a route was described, for findings about it.
enum RoutePlace {
    case node(SourceNode)
    /// A method of a descriptor set.
    case method(file: String, path: String)
    case configuration

    /// The place in words, for findings about another one.
    var text: String? {
        switch self {
        case .node(let node): "\(node.file):\(node.line)"
        case .method(let file, let path): "\(file) \(path)"
        case .configuration: nil
        }
    }
}

extension SnapshotCompiler {
    func report(_ code: String, at place: RoutePlace, severity: Finding.Severity = .error, _ message: String) {
        switch place {
        case .node(let node): findings.report(Finding(severity: severity, at: node, code: code, message: message))
        case .method(let file, let path):
            findings.report(
                Finding(severity: severity, file: file, line: 0, column: 0, pointer: path, code: code, message: message))
        case .configuration:
            findings.report(
                Finding(severity: severity, file: file, line: 0, column: 0, pointer: "", code: code, message: message))
        }
    }
}
