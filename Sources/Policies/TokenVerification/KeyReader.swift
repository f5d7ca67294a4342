import Bytes
import JSON

/// Reads one JWK (RFC 7517 section 4) off a parsed key set.
struct KeyReader {
    let tape: JSONTape
    let node: Int
    /// The `kid`, once it has been read.
    private(set) var keyID: [UInt8]?
    /// Findings that do not keep the key from being used.
    private(set) var remarks: [KeyFinding.Code] = []

    /// Longest `kid`: it is compared for each new token and named in reports.
    static let maximumKeyIDBytes = 256
    static let minimumRSABits = 2048
    static let maximumRSABits = 8192
    /// Public exponents are 65537, seldom 3; a longer one only makes each check slower.
    static let maximumExponentBytes = 4

    init(tape: JSONTape, node: Int) {
        self.tape = tape
        self.node = node
    }

    /// The key, or why it is skipped.
    mutating func read() -> Result<VerificationKey, KeyFinding.Code> {
        guard tape.kind(node) == .object else { return .failure(.notAnObject) }
        if let at = tape.member(of: node, named: "kid") {
            guard tape.kind(at) == .string else { return .failure(.keyID) }
            let bytes = text(at)
            guard !bytes.isEmpty, bytes.count <= Self.maximumKeyIDBytes else { return .failure(.keyID) }
            keyID = bytes
        }
        guard let type = tape.member(of: node, named: "kty"), tape.kind(type) == .string else { return .failure(.type) }
        if let code = purposeFault() { return .failure(code) }
        let outcome: Result<VerificationKey, KeyFinding.Code>
        if tape.equals(type, "EC") {
            outcome = elliptic()
        } else if tape.equals(type, "RSA") {
            outcome = rsa()
        } else if tape.equals(type, "OKP") {
            outcome = octetPair()
        } else {
            outcome = .failure(.unsupportedType)
        }
        if case .success = outcome, tape.member(of: node, named: "d") != nil { remarks.append(.privatePublished) }
        return outcome
    }

    /// Whether `use` and `key_ops` (RFC 7517 sections 4.2 and 4.3) forbid checking signatures.
    private func purposeFault() -> KeyFinding.Code? {
        if let use = tape.member(of: node, named: "use") {
            guard tape.kind(use) == .string, tape.equals(use, "sig") else { return .use }
        }
        guard let operations = tape.member(of: node, named: "key_ops") else { return nil }
        guard tape.kind(operations) == .array else { return .operations }
        var at = operations + 1
        var verifies = false
        while at < tape.end(operations) {
            guard tape.kind(at) == .string else { return .operations }
            if tape.equals(at, "verify") { verifies = true }
            at = tape.end(at)
        }
        return verifies ? nil : .operations
    }

    /// What the key's own `alg` leaves of what its type allows.
    private func algorithms(of possible: SignatureAlgorithms) -> Result<SignatureAlgorithms, KeyFinding.Code> {
        guard let at = tape.member(of: node, named: "alg") else { return .success(possible) }
        guard tape.kind(at) == .string,
            let named = text(at).withByteView({ SignatureAlgorithm(name: $0) })
        else { return .failure(.unsupportedAlgorithm) }
        return possible.contains(named) ? .success([named]) : .failure(.algorithmMismatch)
    }

    private func elliptic() -> Result<VerificationKey, KeyFinding.Code> {
        guard let name = tape.member(of: node, named: "crv"), tape.kind(name) == .string else {
            return .failure(.unsupportedCurve)
        }
        let curve: VerificationKey.Curve
        if tape.equals(name, "P-256") {
            curve = .p256
        } else if tape.equals(name, "P-384") {
            curve = .p384
        } else {
            return .failure(.unsupportedCurve)
        }
        return algorithms(of: [curve.algorithm]).flatMap { _ in
            guard let x = number("x"), let y = number("y"),
                let key = VerificationKey.elliptic(curve, x: x, y: y, keyID: keyID)
            else { return .failure(.numbers) }
            return .success(key)
        }
    }

    private func octetPair() -> Result<VerificationKey, KeyFinding.Code> {
        guard let name = tape.member(of: node, named: "crv"), tape.kind(name) == .string, tape.equals(name, "Ed25519") else {
            return .failure(.unsupportedCurve)
        }
        return algorithms(of: [.edDSA]).flatMap { _ in
            guard let x = number("x"), let key = VerificationKey.ed25519(x, keyID: keyID) else { return .failure(.numbers) }
            return .success(key)
        }
    }

    private func rsa() -> Result<VerificationKey, KeyFinding.Code> {
        algorithms(of: .rsa).flatMap { allowed in
            // Some issuers write the sign byte of an ASN.1 integer in front; the number is the same.
            guard let modulus = number("n").map({ Array($0.drop { $0 == 0 }) }),
                let exponent = number("e").map({ Array($0.drop { $0 == 0 }) }),
                let top = modulus.first, let low = modulus.last, let lowest = exponent.last
            else { return .failure(.numbers) }
            let bits = modulus.count * 8 - top.leadingZeroBitCount
            guard bits >= Self.minimumRSABits else { return .failure(.weak) }
            guard bits <= Self.maximumRSABits else { return .failure(.oversized) }
            guard low & 1 == 1, lowest & 1 == 1, exponent != [1], exponent.count <= Self.maximumExponentBytes,
                let key = VerificationKey.rsa(modulus: modulus, exponent: exponent, algorithms: allowed, keyID: keyID)
            else { return .failure(.numbers) }
            return .success(key)
        }
    }

    /// A base64url member's bytes, or nil.
    private func number(_ name: StaticString) -> [UInt8]? {
        guard let at = tape.member(of: node, named: name), tape.kind(at) == .string, !tape.hasEscapes(at) else { return nil }
        let out = ByteWriter()
        return Base64URL.decode(tape.raw(at), into: out) ? Array(out.view) : nil
    }

    private func text(_ node: Int) -> [UInt8] {
        let out = ByteWriter()
        tape.appendUnescaped(node, to: out)
        return Array(out.view)
    }
}
