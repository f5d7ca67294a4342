import Bytes
import JSON
import TokenVerification

/// The roles of a token as Envoy passes a list of a token's claims on: base64url of its JSON.
final class TokenRoles {
    /// As long as the token may be that the list comes from; what is longer names nobody.
    private static let maximumBytes = TokenVerifier.maximumTokenBytes
    private static let limits = JSONLimits(bytes: maximumBytes, depth: 2, nodes: 1024)

    private let text = ByteWriter()
    private let tape = JSONTape()

    /// Reads a list; without one, or with one that is malformed, there are no roles.
    func read(_ encoded: ByteView) {
        text.removeAll()
        var end = encoded.count
        while end > 0, encoded[end - 1] == UInt8(ascii: "=") { end -= 1 }
        guard end <= Self.maximumBytes, Base64URL.decode(encoded[0, end], into: text) else { return clear() }
        guard tape.parse(text.view, limits: Self.limits) == nil, tape.kind(0) == .array else { return clear() }
    }

    func contains(_ role: ByteView) -> Bool {
        guard text.count > 0 else { return false }
        var node = 1
        while node < tape.end(0) {
            if tape.kind(node) == .string, tape.equals(node, role) { return true }
            node = tape.end(node)
        }
        return false
    }

    private func clear() { text.removeAll() }
}
