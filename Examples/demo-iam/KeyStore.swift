import Crypto
import Foundation

/// A signing key and the name its tokens carry in `kid`.
struct SigningKey: Sendable {
    let id: String
    let key: P256.Signing.PrivateKey

    /// The public half as a JSON Web Key (RFC 7517, RFC 7518 section 6.2).
    var webKey: WebKey {
        let point = [UInt8](key.publicKey.rawRepresentation)
        return WebKey(kid: id, x: base64url(point.prefix(32)), y: base64url(point.suffix(32)))
    }
}

/// A public ES256 key as a JWKS lists it.
struct WebKey: Encodable, Sendable {
    var kty = "EC"
    var crv = "P-256"
    var use = "sig"
    var alg = "ES256"
    let kid: String
    let x: String
    let y: String
}

/// The signing keys in a folder, one PEM file each, named by key id; the newest signs and the one before it still verifies.
actor KeyStore {
    /// One to sign with and its predecessor, whose tokens are still out: what a rotation needs and no more.
    static let keysKept = 2

    private let folder: URL
    private var keys: [SigningKey]

    /// Reads the folder's keys, creating the folder and a first key when there is none.
    init(folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var keys: [SigningKey] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() where name.hasSuffix(".pem") {
            let pem = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            keys.append(SigningKey(id: String(name.dropLast(4)), key: try P256.Signing.PrivateKey(pemRepresentation: pem)))
        }
        if keys.isEmpty {
            keys.append(try Self.makeKey(number: 1, in: folder))
        }
        self.folder = folder
        self.keys = keys
    }

    /// The key that signs now: the newest.
    var signer: SigningKey? { keys.last }

    /// The keys whose tokens are to be trusted, oldest first.
    var published: [WebKey] { keys.map(\.webKey) }

    /// Makes a new signing key, keeps its predecessor for verification and forgets the ones before.
    func rotate() throws -> SigningKey {
        let last = keys.last.flatMap { Int($0.id.prefix { $0 != "-" }) } ?? keys.count
        let key = try Self.makeKey(number: last + 1, in: folder)
        keys.append(key)
        while keys.count > Self.keysKept {
            let old = keys.removeFirst()
            try FileManager.default.removeItem(at: folder.appendingPathComponent(old.id + ".pem"))
        }
        return key
    }

    /// Key ids sort by age: a zero-padded number, then a random part so that two folders never share an id.
    private static func makeKey(number: Int, in folder: URL) throws -> SigningKey {
        let padded = String(repeating: "0", count: max(0, 6 - String(number).count)) + String(number)
        let id = padded + "-" + String(UInt32.random(in: .min ... .max), radix: 16)
        let key = P256.Signing.PrivateKey()
        let created = FileManager.default.createFile(
            atPath: folder.appendingPathComponent(id + ".pem").path, contents: Data(key.pemRepresentation.utf8),
            attributes: [.posixPermissions: 0o600])
        guard created else { throw CocoaError(.fileWriteUnknown) }
        return SigningKey(id: id, key: key)
    }
}

/// Base64 in the URL alphabet without padding (RFC 4648 section 5), as every part of a JWS is written.
func base64url(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString()
        .replacingOccurrences(of: "+", with: "-")
        .replacingOccurrences(of: "/", with: "_")
        .replacingOccurrences(of: "=", with: "")
}
