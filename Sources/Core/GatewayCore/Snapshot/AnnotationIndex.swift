import HTTPSemantics
import Protobuf
import Routing

/// One `google.api.http` binding of a method: its rule or one of the additional ones.
struct AnnotatedBinding {
    let method: MethodDescriptor
    let rule: HTTPRule
    let template: PathTemplate

    /// Two bindings of one key are one route.
    var key: String { rule.method + " " + template.shape }
}

/// The bindings of a descriptor set, found by what an OpenAPI operation knows of them.
struct AnnotationIndex {
    /// In order of services, methods and bindings.
    private(set) var bindings: [AnnotatedBinding] = []
    /// Bindings that are none, with the method they stand on.
    private(set) var faults: [(method: String, code: String, message: String)] = []
    /// Methods that share a route with an earlier one, which has it.
    private(set) var conflicts: [(method: String, other: String, key: String)] = []
    private var byShape: [String: Int] = [:]
    private var byText: [String: Int] = [:]
    private var byMethod: [String: [Int]] = [:]

    init() {}

    init(_ pool: DescriptorPool) {
        for method in pool.services.flatMap(\.methods) {
            guard let rule = method.httpRule else { continue }
            for binding in [rule] + rule.additionalBindings { add(method, binding) }
        }
    }

    private mutating func add(_ method: MethodDescriptor, _ rule: HTTPRule) {
        guard !rule.method.isEmpty else {
            return faults.append((method.path, "binding-without-path", "a binding names a method and a path; add one"))
        }
        guard RouteMethod(token: rule.method).isServed else {
            return faults.append(
                (method.path, "unreachable-binding", "no request with the method \"\(rule.method)\" reaches a route; use another")
            )
        }
        if !rule.body.isEmpty, rule.method == "GET" || rule.method == "HEAD" {
            return faults.append(
                (
                    method.path, "body-on-get",
                    "\(rule.method) \(rule.path): a \(rule.method) request has no body (AIP-131); remove it"
                ))
        }
        do throws(TemplateFault) {
            let binding = AnnotatedBinding(method: method, rule: rule, template: try PathTemplate(httpRule: rule.path))
            if let other = byShape[binding.key] {
                conflicts.append((method.path, bindings[other].method.path, binding.key))
            } else {
                byShape[binding.key] = bindings.count
            }
            let text = rule.method + " " + Self.unpatterned(rule.path)
            if byText[text] == nil { byText[text] = bindings.count }
            byMethod[method.path, default: []].append(bindings.count)
            bindings.append(binding)
        } catch {
            faults.append((method.path, error.code, "\(rule.path): \(error.message)"))
        }
    }

    /// The binding with this method and the shape of this template.
    func binding(_ method: String, shapedAs template: PathTemplate) -> AnnotatedBinding? {
        byShape[method + " " + template.shape].map { bindings[$0] }
    }

    /// The binding whose path, without the patterns of its variables, is this one: how documents write `{name=shelves/*}`.
    func binding(_ method: String, writtenAs path: String) -> AnnotatedBinding? {
        byText[method + " " + path].map { bindings[$0] }
    }

    /// All bindings of one gRPC method.
    func bindings(of method: MethodDescriptor) -> [AnnotatedBinding] { (byMethod[method.path] ?? []).map { bindings[$0] } }

    /// `/v1/{name=shelves/*}:archive` as `/v1/{name}:archive`.
    static func unpatterned(_ path: String) -> String {
        var text = ""
        var isPattern = false
        for character in path {
            if character == "}" { isPattern = false }
            if character == "=" { isPattern = true }
            if !isPattern { text.append(character) }
        }
        return text
    }
}

extension RouteMethod {
    /// Whether requests with the method come to a route: `CONNECT` names no path, and a token has its own characters
    /// (RFC 9110 section 9.1).
    var isServed: Bool {
        switch self {
        case .known(let method): method != .connect
        case .custom(let token): token.utf8.allSatisfy { ByteClass.token.contains($0) }
        case .any: true
        }
    }
}
