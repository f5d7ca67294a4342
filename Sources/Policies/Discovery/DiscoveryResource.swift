/// One thing Envoys are told, as it goes over the wire.
public struct DiscoveryResource: Sendable, Hashable {
    public let kind: DiscoveryKind
    /// Unique among those of its kind.
    public let name: String
    /// Equal where the bytes are equal, on every gateway.
    public let version: String
    /// A serialised `google.protobuf.Any`.
    public let bytes: [UInt8]

    public init(kind: DiscoveryKind, name: String, version: String, bytes: [UInt8]) {
        self.kind = kind
        self.name = name
        self.version = version
        self.bytes = bytes
    }
}
