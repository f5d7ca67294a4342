import Bytes
import Crypto
import CryptoExtras
import Foundation

/// One public key that may vouch for tokens, with the algorithms it may be used with.
public final class VerificationKey: Sendable {
    /// The `kid` it is published under; nil when the key set gives none.
    public let keyID: [UInt8]?
    /// What the key may verify: its own `alg`, or everything its type and curve allow when it names none.
    public let algorithms: SignatureAlgorithms
    /// SHA-256 over the key's type and numbers; equal keys of two fetches have equal thumbprints.
    let thumbprint: [UInt8]
    private let material: Material

    private enum Material: Sendable {
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey, modulusBytes: Int)
        case ed25519(Curve25519.Signing.PublicKey)
    }

    /// A point on a curve as JWK writes it: both coordinates at the full length of the field (RFC 7518 section 6.2.1).
    enum Curve: Sendable {
        case p256, p384

        var fieldBytes: Int { self == .p256 ? 32 : 48 }
        var algorithm: SignatureAlgorithm { self == .p256 ? .es256 : .es384 }
    }

    private init(_ keyID: [UInt8]?, _ algorithms: SignatureAlgorithms, _ material: Material, _ label: String, _ parts: [UInt8]...)
    {
        self.keyID = keyID
        self.algorithms = algorithms
        self.material = material
        var digest = SHA256()
        digest.update(data: Array(label.utf8))
        for part in parts {
            digest.update(data: [UInt8(truncatingIfNeeded: part.count >> 8), UInt8(truncatingIfNeeded: part.count)])
            digest.update(data: part)
        }
        thumbprint = Array(digest.finalize())
    }

    /// An elliptic-curve key; nil when the coordinates are not a point of the curve.
    static func elliptic(_ curve: Curve, x: [UInt8], y: [UInt8], keyID: [UInt8]?) -> VerificationKey? {
        guard x.count == curve.fieldBytes, y.count == curve.fieldBytes else { return nil }
        switch curve {
        case .p256:
            guard let key = try? P256.Signing.PublicKey(rawRepresentation: x + y) else { return nil }
            return VerificationKey(keyID, [.es256], .p256(key), "P-256", x, y)
        case .p384:
            guard let key = try? P384.Signing.PublicKey(rawRepresentation: x + y) else { return nil }
            return VerificationKey(keyID, [.es384], .p384(key), "P-384", x, y)
        }
    }

    /// An RSA key of `modulus` and `exponent` without leading zeros; nil when the library refuses the numbers.
    static func rsa(
        modulus: [UInt8], exponent: [UInt8], algorithms: SignatureAlgorithms, keyID: [UInt8]?
    ) -> VerificationKey? {
        guard let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent) else { return nil }
        return VerificationKey(keyID, algorithms, .rsa(key, modulusBytes: modulus.count), "RSA", modulus, exponent)
    }

    /// An Ed25519 key of 32 bytes; nil when the library refuses them.
    static func ed25519(_ bytes: [UInt8], keyID: [UInt8]?) -> VerificationKey? {
        guard bytes.count == 32, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return nil }
        return VerificationKey(keyID, [.edDSA], .ed25519(key), "Ed25519", bytes)
    }

    /// Whether `signature` is this key's signature of `message` by `algorithm`.
    ///
    /// The length is checked first: ECDSA is the two numbers at full length and never DER (RFC 7518 section 3.4), RSA is
    /// exactly as long as the modulus, and the salt of RSASSA-PSS is as long as its digest (section 3.5).
    func verifies(_ signature: ByteView, of message: ByteView, by algorithm: SignatureAlgorithm) -> Bool {
        guard algorithms.contains(algorithm) else { return false }
        let signature = UnsafeRawBufferPointer(start: signature.base, count: signature.count)
        let message = UnsafeRawBufferPointer(start: message.base, count: message.count)
        switch material {
        case .p256(let key):
            guard signature.count == 64, let pair = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else {
                return false
            }
            return key.isValidSignature(pair, for: Self.digest(SHA256.self, message))
        case .p384(let key):
            guard signature.count == 96, let pair = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else {
                return false
            }
            return key.isValidSignature(pair, for: Self.digest(SHA384.self, message))
        case .ed25519(let key):
            return signature.count == 64 && key.isValidSignature(signature, for: message)
        case .rsa(let key, let modulusBytes):
            guard signature.count == modulusBytes else { return false }
            return Self.verifiesRSA(key, _RSA.Signing.RSASignature(rawRepresentation: signature), message, algorithm)
        }
    }

    private static func verifiesRSA(
        _ key: _RSA.Signing.PublicKey, _ signature: _RSA.Signing.RSASignature, _ message: UnsafeRawBufferPointer,
        _ algorithm: SignatureAlgorithm
    ) -> Bool {
        switch algorithm {
        case .rs256: key.isValidSignature(signature, for: digest(SHA256.self, message), padding: .insecurePKCS1v1_5)
        case .rs384: key.isValidSignature(signature, for: digest(SHA384.self, message), padding: .insecurePKCS1v1_5)
        case .rs512: key.isValidSignature(signature, for: digest(SHA512.self, message), padding: .insecurePKCS1v1_5)
        case .ps256: key.isValidSignature(signature, for: digest(SHA256.self, message), padding: .PSS)
        case .ps384: key.isValidSignature(signature, for: digest(SHA384.self, message), padding: .PSS)
        case .ps512: key.isValidSignature(signature, for: digest(SHA512.self, message), padding: .PSS)
        case .es256, .es384, .edDSA: false
        }
    }

    private static func digest<Function: HashFunction>(_: Function.Type, _ bytes: UnsafeRawBufferPointer) -> Function.Digest {
        var function = Function()
        function.update(bufferPointer: bytes)
        return function.finalize()
    }
}
