public import OpenAPI
public import OpenAPIValidation
public import Permissions
public import Plans
import Routing
public import Transcoding

/// The gateway's own endpoints (contract: operational endpoints).
public enum OperationalEndpoint: String, CaseIterable, Sendable {
    case live, ready, health

    /// Canonical path and alias.
    public var paths: [String] {
        switch self {
        case .live: ["/live", "/livez"]
        case .ready: ["/ready", "/readyz"]
        case .health: ["/health", "/healthz"]
        }
    }

    /// Whether anyone may ask: kubelet does so without a token.
    public var isPublic: Bool { self != .health }
}

/// One operation the gateway answers: compiled from an OpenAPI operation, immutable, shared by all loops.
public final class Operation: Sendable {
    public enum Kind: Sendable, Equatable {
        /// Forwarded over HTTP/1.1.
        case http
        /// Translated to a gRPC call.
        case grpc
        /// Answered by the gateway itself.
        case operational(OperationalEndpoint)
        /// Which versions the API has, and what one of them offers.
        case documents
        /// What a kind of problem means.
        case problemPages
        /// A list of requests, each answered through the whole pipeline (`Snapshot.batch`).
        case batch
        /// What the gateway itself answers preflights with (`CORSPolicy.preflight`).
        case preflight
    }

    /// Where the documents of the versions are.
    static let documentsPath = "/api-docs"
    /// What follows the path of the list of problems in that of one kind.
    public static let problemKind = "/{kind}"

    /// Position in `Snapshot.operations`.
    public let index: Int
    /// Name of service and operation for logs and metrics: `service.operationId`, or method and template.
    public let name: String
    /// Method token of the route.
    public let method: String
    /// The route's template as documents write it.
    public let template: String
    public let kind: Kind
    /// Nil for the gateway's own endpoints only.
    public let service: Service?
    /// Whether a token is neither asked for nor looked at.
    public let isPublic: Bool
    /// The tenant whose rules on other origins count before the caller is known, where the host names none; nil for no tenant.
    public let corsTenant: [UInt8]?
    /// The flag that must be on for the caller, or off; nil for none.
    public let flag: FeatureFlagUse?
    /// Roles of which the caller must have one; empty for no such rule.
    public let requiredRoles: [[UInt8]]
    /// Permission the caller must hold; nil for none beyond a valid token.
    public let permission: PermissionPattern?
    /// The module it belongs to; nil for core services, which need none.
    public let module: ModuleReference?
    /// The quota of the tenant's plan that its requests draw on; nil for none.
    public let quota: QuotaPattern?
    /// Whether callers are served whatever their plan.
    public let ignoresPlan: Bool
    /// What its messages are held to; nil without a document, and where neither direction is looked at.
    public let checks: MessageChecks?
    /// Translation, gRPC only.
    public let call: CallProgram?
    /// `/package.Service/Method`, gRPC only.
    public let callPath: String?
    /// Bytes of a request body; of a stream of messages all of them.
    public let maximumBodyBytes: Int
    /// Bytes of a request body, or of one message of a stream, that is held until it is whole.
    public let maximumWholeBodyBytes: Int
    /// Whether the request is a stream of messages that go to the service as they come.
    public let isClientStreaming: Bool
    public let timeoutMilliseconds: Int64
    /// Whether `Upgrade` requests may become tunnels.
    public let allowsUpgrade: Bool
    /// Its names in the audit trail.
    let names: CallNames

    public init(
        index: Int, name: String, method: String, template: String, kind: Kind, service: Service?, isPublic: Bool,
        requiredRoles: [[UInt8]] = [], permission: PermissionPattern? = nil, module: ModuleReference? = nil,
        quota: QuotaPattern? = nil, ignoresPlan: Bool = false, checks: MessageChecks? = nil, call: CallProgram? = nil,
        callPath: String? = nil, maximumBodyBytes: Int, maximumWholeBodyBytes: Int? = nil, timeoutMilliseconds: Int64,
        allowsUpgrade: Bool = false, corsTenant: [UInt8]? = nil, flag: FeatureFlagUse? = nil
    ) {
        self.index = index
        self.name = name
        self.method = method
        self.template = template
        self.kind = kind
        self.service = service
        self.isPublic = isPublic
        self.requiredRoles = requiredRoles
        self.permission = permission
        self.module = module
        self.quota = quota
        self.ignoresPlan = ignoresPlan
        self.checks = checks
        self.call = call
        self.callPath = callPath
        self.maximumBodyBytes = maximumBodyBytes
        self.maximumWholeBodyBytes = maximumWholeBodyBytes ?? maximumBodyBytes
        self.isClientStreaming = call?.isClientStreaming == true
        self.timeoutMilliseconds = timeoutMilliseconds
        self.allowsUpgrade = allowsUpgrade
        self.corsTenant = corsTenant
        self.flag = flag
        names = CallNames(route: template, service: service?.name, module: module)
    }

    /// The same at another place of a snapshot.
    init(_ other: Operation, movedTo index: Int, service: Service?) {
        self.index = index
        self.service = service
        name = other.name
        method = other.method
        template = other.template
        kind = other.kind
        isPublic = other.isPublic
        corsTenant = other.corsTenant
        flag = other.flag
        requiredRoles = other.requiredRoles
        permission = other.permission
        module = other.module
        quota = other.quota
        ignoresPlan = other.ignoresPlan
        checks = other.checks
        call = other.call
        callPath = other.callPath
        maximumBodyBytes = other.maximumBodyBytes
        maximumWholeBodyBytes = other.maximumWholeBodyBytes
        isClientStreaming = other.isClientStreaming
        timeoutMilliseconds = other.timeoutMilliseconds
        allowsUpgrade = other.allowsUpgrade
        names = other.names
    }

    /// Whether it is what probes ask for, several times a second and without a token.
    var isProbe: Bool { kind == .operational(.live) || kind == .operational(.ready) }

    /// Whether answers of its service must be readable to be let pass.
    public var enforcesAnswers: Bool { checks?.answer == .enforce }

    /// Who may call it, in a word: `public`, the permission, or `token` for any caller.
    public var access: String { isPublic ? "public" : permission?.text ?? "token" }

    /// The module it belongs to in words, `{2}` for the second parameter of the path; nil for core services.
    public var moduleText: String? {
        switch module {
        case .fixed(let slug): String(decoding: slug, as: UTF8.self)
        case .capture(let index): "{\(index + 1)}"
        case nil: nil
        }
    }
}

/// How a request names the module it is for.
public enum ModuleReference: Sendable, Hashable {
    /// The slug.
    case fixed([UInt8])
    /// The number of the path parameter whose value it is.
    case capture(Int)
}

extension ModuleReference {
    /// What `x-module` says; nil when it names a parameter that the path does not have.
    init?(_ template: ValueTemplate, parameters: [String]) {
        guard let name = template.parameters.first else {
            self = .fixed(Array(template.text.utf8))
            return
        }
        guard let index = parameters.firstIndex(of: name) else { return nil }
        self = .capture(index)
    }
}

/// What the messages of an operation are held to, and how strictly.
public struct MessageChecks: Sendable {
    public let validator: OperationValidator
    /// For what stands in path, query and head of requests.
    public let parameters: ValidationMode
    /// For bodies of requests.
    public let body: ValidationMode
    /// For answers.
    public let answer: ValidationMode

    public init(_ validator: OperationValidator, parameters: ValidationMode, body: ValidationMode, answer: ValidationMode) {
        self.validator = validator
        self.parameters = validator.checksParameters ? parameters : .off
        self.body = body
        self.answer = validator.checksAnswers ? answer : .off
    }
}
