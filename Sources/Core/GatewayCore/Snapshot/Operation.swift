public import JSONSchema
public import Permissions
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
        /// A list of requests, each answered through the whole pipeline (`Snapshot.batch`).
        case batch
    }

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
    /// Roles of which the caller must have one; empty for no such rule.
    public let requiredRoles: [[UInt8]]
    /// Permission the caller must hold; nil for none beyond a valid token.
    public let permission: PermissionPattern?
    /// Compiled schema of the JSON request body, nil when the document has none.
    public let bodySchema: SchemaProgram?
    public let isBodyRequired: Bool
    public let validation: ValidationMode
    /// Translation, gRPC only.
    public let call: CallProgram?
    /// `/package.Service/Method`, gRPC only.
    public let callPath: String?
    /// Bytes of a whole request body; of a stream of messages all of them.
    public let maximumBodyBytes: Int
    /// Whether the request is a stream of messages that go to the service as they come.
    public let isClientStreaming: Bool
    public let timeoutMilliseconds: Int64
    /// Whether `Upgrade` requests may become tunnels.
    public let allowsUpgrade: Bool

    public init(
        index: Int, name: String, method: String, template: String, kind: Kind, service: Service?, isPublic: Bool,
        requiredRoles: [[UInt8]] = [], permission: PermissionPattern? = nil, bodySchema: SchemaProgram? = nil,
        isBodyRequired: Bool = false, validation: ValidationMode = .enforce, call: CallProgram? = nil, callPath: String? = nil,
        maximumBodyBytes: Int, timeoutMilliseconds: Int64, allowsUpgrade: Bool = false
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
        self.bodySchema = bodySchema
        self.isBodyRequired = isBodyRequired
        self.validation = validation
        self.call = call
        self.callPath = callPath
        self.maximumBodyBytes = maximumBodyBytes
        self.isClientStreaming = call?.isClientStreaming == true
        self.timeoutMilliseconds = timeoutMilliseconds
        self.allowsUpgrade = allowsUpgrade
    }

    /// Who may call it, in a word: `public`, the permission, or `token` for any caller.
    public var access: String { isPublic ? "public" : permission?.text ?? "token" }

    /// Whether the request body must be complete before anything is forwarded.
    public var needsWholeBody: Bool {
        !isClientStreaming && (kind == .grpc || kind == .batch || (validation != .off && bodySchema != nil))
    }

    /// Bytes of one message of the request.
    public var maximumMessageBytes: Int {
        isClientStreaming ? min(SnapshotCompiler.wholeBodyBytes, maximumBodyBytes) : maximumBodyBytes
    }
}

/// How strictly messages are held against their schema.
public enum ValidationMode: String, Sendable, CaseIterable {
    /// Not looked at.
    case off
    /// Counted, never refused.
    case report
    /// Refused.
    case enforce
}
