public import HTTPSemantics

/// What the gateway's `x-` keys say about an operation.
///
/// `x-module`, `x-permission`, `x-quota`, `x-plan`, `x-timeout`, `x-max-body`, `x-validation`, `x-cors-tenant` and `x-feature-flag` may stand
/// on the operation, on its path item or at the root of the document; the nearest one holds. The others stand on the operation.
public struct OperationExtensions: Sendable {
    /// `x-permission`: the permission a caller must hold; nil asks for none.
    public var permission: ValueTemplate?
    /// Whether `x-permission: null` says on purpose that everybody with a token may call.
    public var asksNoPermission = false
    /// `x-module`: the slug of the module, fixed or one path parameter; nil for core services.
    public var module: ValueTemplate?
    /// `x-quota`: the quota of the tenant's plan that the operation draws on; nil for none.
    public var quota: QuotaUse?
    /// `x-plan: off`: whether callers are served whatever their plan, as where a bill is paid.
    public var ignoresPlan = false
    /// `x-grpc`: the gRPC method behind the operation; nil leaves it to `google.api.http` annotations.
    public var grpc: GRPCBinding?
    /// `x-grpc.items`: the list of the answer whose elements end each with a status; nil for none.
    public var grpcItems: GRPCItems?
    /// `x-upgrade` or `x-websocket: true`: lower-case tokens of the `Upgrade` header that open a tunnel; empty for none.
    public var upgrades: [String] = []
    /// `x-timeout`: time for the whole answer; nil leaves the service's.
    public var timeout: Duration?
    /// `x-max-body`: bytes of a request body; nil leaves the service's.
    public var maximumBodyBytes: Int?
    /// `x-validation.request`: how strictly requests are held to the document; nil leaves the service's.
    public var requestValidation: ValidationMode?
    /// `x-validation.response`: the same for answers.
    public var responseValidation: ValidationMode?
    /// `x-cors-tenant`: whose rules on other origins count before a caller is known; nil for nobody's.
    public var corsTenant: String?
    /// `x-feature-flag`: the flag that must be on for the caller, or off; nil for none.
    public var featureFlag: FeatureFlagUse?

    public init() {}
}

/// The flag that opens an operation, `x-feature-flag: new-contacts`, or closes it, `!new-contacts`.
public struct FeatureFlagUse: Hashable, Sendable {
    public var name: String
    /// Whether the operation is there while the flag is off.
    public var isNegated: Bool

    public init(name: String, isNegated: Bool) {
        self.name = name
        self.isNegated = isNegated
    }
}

/// The quota an operation draws on, `x-quota: crm.contacts`.
///
///     x-quota: { name: crm.exports, on: [GET] }
public struct QuotaUse: Hashable, Sendable {
    /// One to four names with dots between.
    public var name: ValueTemplate
    /// The methods that draw on it; nil for those that can add something: neither GET, HEAD, OPTIONS and TRACE, which read, nor
    /// DELETE, by which a tenant gets below its quota again.
    public var methods: [RequestMethod]?

    public init(name: ValueTemplate, methods: [RequestMethod]? = nil) {
        self.name = name
        self.methods = methods
    }

    /// Whether requests with this method draw on it; `other` is any method without a name here.
    public func counts(_ method: RequestMethod) -> Bool {
        if let methods { return methods.contains(method) }
        return switch method {
        case .get, .head, .options, .trace, .delete: false
        case .post, .put, .patch, .connect, .other: true
        }
    }
}

/// The gRPC method behind an operation and where its request message comes from.
///
///     x-grpc:
///       method: platform.data.v1.DataService/GetRecord
///       body: "*"                              # or one field; without it the body is not read
///       response_body: record                  # answer only this field; without it the whole message
///       bind: { collection: "{module}.{model}" }
///       segments: { path: "**" }               # what a path parameter spans instead of one segment
///       items: { field: results, status: status }
public struct GRPCBinding: Sendable {
    /// What the request body fills.
    public enum Body: Hashable, Sendable {
        case none
        case whole
        case field(String)
    }

    /// A field path of the request message and the text it is given.
    public struct Field: Hashable, Sendable {
        public var field: String
        public var value: ValueTemplate

        public init(field: String, value: ValueTemplate) {
            self.field = field
            self.value = value
        }
    }

    /// Full name of the service: `platform.data.v1.DataService`.
    public var service: String
    public var method: String
    public var body: Body
    /// The field of the answer that becomes the response body; nil for the whole message.
    public var responseBody: String?
    /// Fields bound from the path. Path parameters that no `bind` entry uses are bound to the field of their own name.
    public var fields: [Field]
    /// By path parameter, the segments it spans where that is not one: `shelves/*`, `**`.
    public var segments: [String: String] = [:]
}

/// A list in a gRPC answer whose elements carry a `google.rpc.Status` each.
public struct GRPCItems: Hashable, Sendable {
    /// The repeated field of the answer.
    public var field: String
    /// The field of an element that is its status; `status` unless the document names another.
    public var status: String
}
