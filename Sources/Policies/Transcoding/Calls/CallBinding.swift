public import Protobuf

/// How one HTTP operation fills the request of a method and shows its response.
public struct CallBinding: Sendable, Equatable {
    /// A piece of the text bound to a field.
    public enum Part: Sendable, Equatable {
        /// The path variable at this index; one that may span segments keeps `%2F` encoded (google/api/http.proto).
        case capture(Int, isMultiSegment: Bool)
        /// Fixed text as it stands, not percent-encoded.
        case literal(String)
    }

    /// A field of the request and the text it takes: one path variable, or a composite such as `{module}.{model}`.
    public struct Field: Sendable, Equatable {
        /// Field names joined by dots, in either spelling.
        public var path: String
        public var parts: [Part]

        public init(path: String, parts: [Part]) {
            self.path = path
            self.parts = parts
        }
    }

    /// What the JSON body fills.
    public enum Body: Sendable, Equatable {
        /// No body is taken.
        case none
        /// `*`: every field that the path does not bind; no query parameters then.
        case all
        /// One top-level field, in either spelling.
        case field(String)
    }

    /// Which field of the response lists items that end each with a status of its own.
    public struct Items: Sendable, Equatable {
        /// A repeated message field of the response, in either spelling.
        public var field: String
        /// The `google.rpc.Status` field of the item, in either spelling.
        public var status: String

        public init(field: String, status: String) {
            self.field = field
            self.status = status
        }
    }

    public var fields: [Field]
    public var body: Body
    /// The top-level field that is the response; nil is all of it.
    public var responseBody: String?
    /// Nil when the call succeeds or fails as a whole.
    public var items: Items?
    /// Whether a field `update_mask` that the client does not send is filled from the paths of the body: what PATCH asks for.
    public var fillsUpdateMask: Bool

    public init(
        fields: [Field] = [], body: Body = .none, responseBody: String? = nil, items: Items? = nil,
        fillsUpdateMask: Bool = false
    ) {
        self.fields = fields
        self.body = body
        self.responseBody = responseBody
        self.items = items
        self.fillsUpdateMask = fillsUpdateMask
    }

    /// The binding of a `google.api.http` rule whose template has these variables, in the order of their captures.
    public init(rule: HTTPRule, variables: [(field: String, isMultiSegment: Bool)]) {
        self.init(
            fields: variables.enumerated().map { index, variable in
                Field(path: variable.field, parts: [.capture(index, isMultiSegment: variable.isMultiSegment)])
            },
            body: rule.body.isEmpty ? .none : rule.body == "*" ? .all : .field(rule.body),
            responseBody: rule.responseBody.isEmpty ? nil : rule.responseBody, fillsUpdateMask: rule.method == "PATCH")
    }
}
