public import Bytes

/// A signature algorithm a token may name in `alg` (RFC 7518 section 3.1, RFC 8037 section 3.1).
///
/// Only asymmetric algorithms exist here: `none` and the HMAC family have no case and therefore cannot be allowed by any
/// configuration.
public enum SignatureAlgorithm: UInt8, Sendable, CaseIterable {
    case es256, es384, rs256, rs384, rs512, ps256, ps384, ps512, edDSA

    /// The name in the registry of JSON Web Algorithms.
    public var name: StaticString {
        switch self {
        case .es256: "ES256"
        case .es384: "ES384"
        case .rs256: "RS256"
        case .rs384: "RS384"
        case .rs512: "RS512"
        case .ps256: "PS256"
        case .ps384: "PS384"
        case .ps512: "PS512"
        case .edDSA: "EdDSA"
        }
    }

    /// The algorithm of that exact name (names are case-sensitive), or nil.
    public init?(name: ByteView) {
        guard let match = Self.allCases.first(where: { name == $0.name }) else { return nil }
        self = match
    }

    /// The algorithm that configuration names, or nil.
    public init?(_ name: String) {
        guard let match = name.withByteView({ SignatureAlgorithm(name: $0) }) else { return nil }
        self = match
    }
}

/// A set of signature algorithms in two bytes.
public struct SignatureAlgorithms: Sendable, Hashable, ExpressibleByArrayLiteral {
    private var bits: UInt16 = 0

    /// The set of the given algorithms.
    public init(_ algorithms: some Sequence<SignatureAlgorithm>) {
        for algorithm in algorithms { bits |= 1 << UInt16(algorithm.rawValue) }
    }

    public init(arrayLiteral elements: SignatureAlgorithm...) { self.init(elements) }

    /// Every algorithm the gateway can verify.
    public static let all = SignatureAlgorithms(SignatureAlgorithm.allCases)

    /// The three of RSASSA-PKCS1-v1_5 and the three of RSASSA-PSS: what an RSA key can do.
    static let rsa: SignatureAlgorithms = [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]

    /// Whether the set holds no algorithm.
    public var isEmpty: Bool { bits == 0 }

    /// Whether the set holds `algorithm`.
    public func contains(_ algorithm: SignatureAlgorithm) -> Bool { bits & 1 << UInt16(algorithm.rawValue) != 0 }

    /// Whether the two sets share an algorithm.
    func overlaps(_ other: SignatureAlgorithms) -> Bool { bits & other.bits != 0 }

    /// The bits, to name a set inside a digest.
    var rawValue: UInt16 { bits }
}
