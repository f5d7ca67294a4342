/// One gRPC service.
public struct ServiceDescriptor: Sendable {
    /// Package and name, no leading dot.
    public let fullName: String
    public let methods: [MethodDescriptor]
}

/// One method of a service, with its message types resolved.
public struct MethodDescriptor: Sendable {
    public let name: String
    /// `package.Service`.
    public let service: String
    /// Index in `DescriptorPool.messages`.
    public let input: Int
    /// Index in `DescriptorPool.messages`.
    public let output: Int
    public let isClientStreaming: Bool
    public let isServerStreaming: Bool
    /// The `google.api.http` annotation; nil when the method has none.
    public let httpRule: HTTPRule?

    /// The `:path` of a call: `/package.Service/Method`.
    public var path: String { "/\(service)/\(name)" }
}
