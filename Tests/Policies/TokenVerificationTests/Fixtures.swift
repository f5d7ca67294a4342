import Bytes
import Foundation
import Testing
import TokenVerification

/// Keys and tokens that another implementation minted; see `Fixtures/mint.py`.
enum Fixtures {
    static let hash = KeyedHash(seed: 7)
    nonisolated(unsafe) static let file = load("keys.json")
    static let now = Int64((file["now"] as? Int) ?? 0)
    static let good: [GoodToken] = decode("good.json")
    static let bad: [BadToken] = decode("bad.json")
    nonisolated(unsafe) static let shapes = (file["shapes"] as? [[String: Any]]) ?? []

    /// The issuers' key sets as JSON objects.
    static var keySets: [Any] { ((file["issuers"] as? [[String: Any]]) ?? []).compactMap { $0["keys"] } }

    /// A ring of the three issuers: one that may use every algorithm, one for ES256 alone, one whose keys have no ids.
    static let ring = KeyRing(issuers.map { ($0.rule, $0.keys) }, generation: 1)

    static let issuers: [(rule: IssuerRule, keys: KeySet)] = ((file["issuers"] as? [[String: Any]]) ?? []).compactMap { entry in
        guard let name = entry["issuer"] as? String, let keys = entry["keys"], let set = try? keySet(keys).get() else {
            return nil
        }
        return (IssuerRule(issuer: name, algorithms: entry["algorithms"] as? String == "all" ? .all : [.es256]), set)
    }

    static func keySet(_ object: Any) throws -> Result<KeySet, KeySet.Fault> {
        try [UInt8](JSONSerialization.data(withJSONObject: object)).withByteView { KeySet.parse($0) }
    }

    static func verify(_ token: String, ring: KeyRing = Fixtures.ring, now: Int64 = Fixtures.now) -> TokenVerdict {
        token.withByteView { TokenVerifier(hash: hash).verify($0, ring: ring, now: now) }
    }

    static func identity(_ token: String) throws -> Identity {
        guard case .accepted(let identity) = verify(token) else { throw Missing() }
        return identity
    }

    struct Missing: Error {}

    private static func data(_ name: String) -> Data {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        return (try? Data(contentsOf: folder.appendingPathComponent(name))) ?? Data()
    }

    private static func load(_ name: String) -> [String: Any] {
        ((try? JSONSerialization.jsonObject(with: data(name))) as? [String: Any]) ?? [:]
    }

    private static func decode<Row: Decodable>(_ name: String) -> [Row] {
        (try? JSONDecoder().decode([Row].self, from: data(name))) ?? []
    }
}

struct GoodToken: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let token: String
    let issuer: Int?
    let subject: String?
    let tenant: String?
    let roles: String?
    let expiresAt: Int64?
    var testDescription: String { name }
}

struct BadToken: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let token: String
    let code: String
    var testDescription: String { name }
}

extension TokenVerdict {
    /// The verdict as one word: `accepted` or the fault's code.
    var word: String {
        switch self {
        case .accepted: "accepted"
        case .refused(let fault): fault.code.description
        case .unknownKey: TokenFault.unknownKey.code.description
        }
    }
}
