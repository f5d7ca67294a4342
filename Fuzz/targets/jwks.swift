import Bytes
import TokenVerification

private let token = """
    eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0.eyJpc3MiOiJpIiwiYXVkIjoiZ3ciLCJzdWIiOiJ1IiwidGVuYW50SWQiOiJ0Iiwicm9sZXMiOltdLCJleHAiOjQxMDI0NDQ4MDB9.\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
    """

/// Whatever keys a document has, they are few, reading is repeatable, and none of them accepts a signature of zeros.
func fuzz(_ input: ByteView) {
    guard case .success(let set) = KeySet.parse(input) else { return }
    expect(!set.keys.isEmpty && set.keys.count <= KeySet.maximumKeys, "a set has keys, no more than allowed")
    expect(set.keys.allSatisfy { !$0.algorithms.isEmpty }, "a usable key has an algorithm")
    guard case .success(let again) = KeySet.parse(input) else { return expect(false, "reading is repeatable") }
    expect(again.keys.map(\.keyID) == set.keys.map(\.keyID), "reading is repeatable")
    let ring = KeyRing([(IssuerRule(issuer: "i", audiences: ["gw"], algorithms: .all), set)])
    expect(ring.keyCount <= set.keys.count, "a ring holds the set's keys")
    let verdict = token.withByteView { TokenVerifier(hash: KeyedHash(seed: 1)).verify($0, ring: ring, now: 1_800_000_000) }
    if case .accepted = verdict { expect(false, "a signature of zeros is refused") }
}
