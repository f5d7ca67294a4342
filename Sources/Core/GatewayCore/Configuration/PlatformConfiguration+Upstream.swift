public import OpenAPI

extension PlatformConfiguration {
    /// A backend as configured, before its documents are compiled into a `Service`.
    public struct Upstream: Sendable, Hashable {
        /// Unique; letters, digits, hyphens and underscores.
        public var name: String
        public var transport: Service.Transport
        /// Where it listens; never empty.
        public var addresses: [Service.Address]
        /// Nil for cleartext. The file of its authority is resolved.
        public var tls: Service.ClientTLS?
        /// OpenAPI document, resolved; nil for a gRPC service routed by `google.api.http` annotations alone.
        public var openAPI: String?
        /// What the messages of a gRPC service look like; never nil for gRPC.
        public var descriptors: Descriptors?
        /// Whether `/ready` waits for its first usable connection; false.
        public var isRequired = false
        /// For a TCP and TLS connection; 1 s.
        public var connectTimeout = Duration.seconds(1)
        /// For a response head (HTTP) or the whole call (gRPC); 5 s, for gRPC `GRPC_CALL_TIMEOUT_MS`.
        public var timeout = defaultTimeout
        /// How long an unused connection is kept; 60 s.
        public var idleTimeout = Duration.seconds(60)
        /// Connections of one event loop to the service; 64.
        public var maximumConnections = 64
        /// Bytes of a request body; nil for `limits.body_bytes`.
        public var maximumBodyBytes: Int?
        /// How requests are held against the document; `enforce`.
        public var requestValidation = ValidationMode.enforce
        /// How responses are held against the document; `report`.
        public var responseValidation = ValidationMode.report
        /// Whether the client's verified `Authorization` is passed on; false.
        public var forwardsAuthorization = false
        /// Breakers and retries of its calls.
        public var policy = CallPolicy()
        /// Whether query parameters that the document does not describe, or that no field of a gRPC request takes, are let be
        /// instead of refused; false for gRPC, true for HTTP, where links carry parameters of their own.
        public var ignoresUnknownParameters = false
        /// Whether clients may call the methods of a gRPC service by gRPC and gRPC-Web themselves; false.
        public var takesGRPCClients = false

        public static let defaultTimeout = Duration.seconds(5)

        /// What the descriptor set is read as from a `FileSource`, and called in findings; nil without one.
        ///
        /// A reflected set has no file: whoever loads the configuration puts it under its name, which no path resolves to.
        public var descriptorFile: String? {
            switch descriptors {
            case .file(let path): path
            case .reflection: "reflection://\(name)"
            case nil: nil
            }
        }
    }

    /// Where a gRPC service's `FileDescriptorSet` comes from.
    public enum Descriptors: Sendable, Hashable {
        /// A file as `protoc --descriptor_set_out --include_imports` writes it, resolved.
        case file(String)
        /// The service itself, asked by server reflection whenever the configuration is loaded.
        case reflection

        /// What the key `descriptors` says for `reflection`; a file of that name is written `./reflection`.
        static let reflectionWord = "reflection"
    }
}
