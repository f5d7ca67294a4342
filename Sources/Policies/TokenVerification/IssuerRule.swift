import Bytes
import Crypto
import Foundation

/// What configuration says about one issuer of tokens.
public struct IssuerRule: Sendable, Hashable {
    /// The exact value of `iss`.
    public var issuer: String
    /// A token must name at least one of these in `aud`; default `platform-kernel`.
    public var audiences: [String]
    /// The algorithms the issuer may sign with; default ES256 alone.
    public var algorithms: SignatureAlgorithms
    /// The claim that names the tenant; default `tenantId`.
    public var tenantClaim: String
    /// The claim that lists the roles; default `roles`.
    public var rolesClaim: String

    /// A rule with the platform's defaults.
    public init(
        issuer: String, audiences: [String] = ["platform-kernel"], algorithms: SignatureAlgorithms = [.es256],
        tenantClaim: String = "tenantId", rolesClaim: String = "roles"
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.algorithms = algorithms
        self.tenantClaim = tenantClaim
        self.rolesClaim = rolesClaim
    }

    /// A digest of the whole rule: tokens accepted under another rule are not covered by this one.
    var fingerprint: [UInt8] {
        var digest = SHA256()
        func add(_ text: String) {
            let bytes = Array(text.utf8)
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: bytes.count).littleEndian) { digest.update(bufferPointer: $0) }
            digest.update(data: bytes)
        }
        add(issuer)
        add(tenantClaim)
        add(rolesClaim)
        withUnsafeBytes(of: algorithms.rawValue.littleEndian) { digest.update(bufferPointer: $0) }
        for audience in audiences { add(audience) }
        return Array(digest.finalize())
    }
}
