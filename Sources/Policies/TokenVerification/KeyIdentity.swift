import Bytes
import Crypto
import Foundation

/// Names a key together with the issuer rule it vouches under.
///
/// Equal for the same key of two fetches and for the same rule of two configurations, so a cached token survives both; a
/// key that left the set, another `alg` or `kid`, or a changed rule gives another identity. SHA-256 over all of it.
public struct KeyIdentity: Sendable, Hashable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init(rule fingerprint: [UInt8], key: VerificationKey) {
        var digest = SHA256()
        digest.update(data: fingerprint)
        digest.update(data: key.thumbprint)
        withUnsafeBytes(of: key.algorithms.rawValue.littleEndian) { digest.update(bufferPointer: $0) }
        if let keyID = key.keyID { digest.update(data: keyID) }
        words = digest.finalize().withUnsafeBytes { raw in
            func word(_ index: Int) -> UInt64 { raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
            return (word(0), word(1), word(2), word(3))
        }
    }

    public static func == (lhs: KeyIdentity, rhs: KeyIdentity) -> Bool { lhs.words == rhs.words }

    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
