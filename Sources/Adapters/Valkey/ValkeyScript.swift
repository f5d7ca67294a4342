import Bytes
import Crypto

/// A Lua script, sent by its SHA-1 and loaded where the server does not know it.
public final class ValkeyScript: Sendable {
    /// The text as the server gets it.
    public let text: String
    /// The SHA-1 of the text in lowercase hexadecimal, by which the server knows it.
    public let sha: String
    let shaBytes: [UInt8]

    /// A script; its SHA-1 is computed here, once.
    public init(_ text: String) {
        self.text = text
        // The server's name for a script; nothing secret hangs on it.
        sha = String(hexadecimal: Insecure.SHA1.hash(data: Array(text.utf8)))
        shaBytes = Array(sha.utf8)
    }
}
