public import Bytes
import JSON

/// The usable keys of one JWKS document (RFC 7517 section 5) and what was wrong with the others.
public struct KeySet: Sendable {
    /// Keys in the order of the document; at least one.
    public let keys: [VerificationKey]
    /// One entry for each key that is skipped or suspicious.
    public let findings: [KeyFinding]

    /// Largest document: the biggest sets in use carry certificate chains and stay far below.
    public static let maximumBytes = 1 << 20
    /// Most keys that are read: rotation needs two, and a token without `kid` is tried against several.
    public static let maximumKeys = 64
    /// A key is a flat object of a few members, with a chain of certificates as the longest.
    static let documentLimits = JSONLimits(bytes: maximumBytes, depth: 16, nodes: 1 << 14, rejectDuplicateNames: true)

    /// Why a whole document is refused.
    public enum Fault: String, Error, Sendable, CaseIterable {
        /// More than `maximumBytes`.
        case tooLarge = "key-set-too-large"
        /// Not well-formed JSON, or with duplicate names.
        case notJSON = "key-set-not-json"
        /// Not an object with an array `keys`.
        case noKeys = "key-set-no-keys"
        /// No key of the set is usable. Taken as a fault of the issuer, so that keys already held stay in use.
        case noUsableKey = "key-set-no-usable-key"
    }

    /// Reads a document; a bad key becomes a finding and the rest is used.
    public static func parse(_ bytes: ByteView) -> Result<KeySet, Fault> {
        guard bytes.count <= maximumBytes else { return .failure(.tooLarge) }
        let tape = JSONTape()
        if tape.parse(bytes, limits: documentLimits) != nil { return .failure(.notJSON) }
        guard let list = tape.member(of: 0, named: "keys"), tape.kind(list) == .array else { return .failure(.noKeys) }
        var keys: [VerificationKey] = []
        var findings: [KeyFinding] = []
        var index = 0
        var node = list + 1
        while node < tape.end(list) {
            guard index < maximumKeys else {
                findings.append(KeyFinding(index: index, keyID: nil, code: .tooMany))
                break
            }
            var reader = KeyReader(tape: tape, node: node)
            let outcome = reader.read()
            let keyID = reader.keyID.map { String(decoding: $0, as: UTF8.self) }
            for code in reader.remarks { findings.append(KeyFinding(index: index, keyID: keyID, code: code)) }
            switch outcome {
            case .failure(let code): findings.append(KeyFinding(index: index, keyID: keyID, code: code))
            case .success(let key):
                if keys.contains(where: { $0.shadows(key) }) {
                    findings.append(KeyFinding(index: index, keyID: keyID, code: .duplicate))
                } else {
                    keys.append(key)
                }
            }
            index += 1
            node = tape.end(node)
        }
        return keys.isEmpty ? .failure(.noUsableKey) : .success(KeySet(keys: keys, findings: findings))
    }
}

extension KeySet {
    /// Whether both sets have the same keys under the same names, so that a ring of one serves as well as a ring of the other.
    public func hasSameKeys(as other: KeySet) -> Bool {
        keys.elementsEqual(other.keys) { mine, theirs in
            mine.keyID == theirs.keyID && mine.algorithms == theirs.algorithms && mine.thumbprint == theirs.thumbprint
        }
    }
}

extension KeySet.Fault {
    /// The fault's stable name.
    public var code: String { rawValue }
}

extension VerificationKey {
    /// Whether a token that means `other` would find this key first.
    fileprivate func shadows(_ other: VerificationKey) -> Bool {
        guard let keyID, keyID == other.keyID else { return false }
        return algorithms.overlaps(other.algorithms)
    }
}

extension KeyFinding.Code: Error {}
