import Bytes
import Crypto
import Discovery
import EnvoyAPI
import Foundation
import SwiftProtobuf

extension DiscoveryResource {
    /// A message as Envoys are told it; its version is the hash of its bytes in hexadecimal digits.
    init(_ kind: DiscoveryKind, _ name: String, _ message: some Message) {
        let bytes = Wire.bytes(Wire.any(message))
        self.init(kind: kind, name: name, version: Wire.hash(bytes), bytes: bytes)
    }
}

/// Messages as bytes, the same on every gateway.
enum Wire {
    /// Bytes of a hash that versions show: with half of SHA-256 no two resources share one.
    private static let hashBytes = 16

    /// Maps are written in the order of their keys.
    static func bytes(_ message: some Message) -> [UInt8] {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        // It fails for a missing required field, which proto3 does not have.
        return (try? message.serializedBytes(options: options)) ?? []
    }

    /// `Any` would write maps in any order.
    static func any<Content: Message>(_ message: Content) -> Google_Protobuf_Any {
        var any = Google_Protobuf_Any()
        any.typeURL = "type.googleapis.com/" + Content.protoMessageName
        any.value = .init(bytes(message))
        return any
    }

    static func hash(_ bytes: [UInt8]) -> String { String(hexadecimal: SHA256.hash(data: bytes).prefix(hashBytes)) }
}
