import Protobuf

/// Bounds on what one service may make the gateway fetch; a service is no more trusted than a descriptor set from a file.
public struct ReflectionLimits: Sendable {
    /// Bytes of all files together, and of one answer: what a descriptor set may have.
    public var bytes = DescriptorLimits.default.bytes
    /// `.proto` files: what a descriptor set may have.
    public var files = DescriptorLimits.default.files
    /// Questions on one stream. Each file and each service takes one at most, so only a service that names files it lacks comes
    /// near; real platforms have some hundreds.
    public var questions = 16_384
    /// For one service, all its addresses and both versions of the protocol together: a start and a reload wait no longer.
    public var time = Duration.seconds(10)

    public init() {}

    public static let `default` = ReflectionLimits()
}
