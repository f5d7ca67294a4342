import Bytes
import Crypto
import Foundation
import TokenVerification

private let now: Int64 = 1_800_000_000
nonisolated(unsafe) private let verifier = TokenVerifier(hash: KeyedHash(seed: 3))
private let privateKey = try? P256.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 7, count: 32))
private let ring = makeRing()

/// Input that starts with `!` is a token as it stands: nobody but the holder of the key makes one that is accepted. Any other input is
/// a header and a payload, split at the first NUL, which are signed here so that the claims behind the signature are reached.
func fuzz(_ input: ByteView) {
    guard let privateKey, input.count > 0 else { return }
    if input[0] == UInt8(ascii: "!") {
        let token = input[1, input.count]
        _ = BearerCredentials.token(in: token)
        if case .accepted = verifier.verify(token, ring: ring, now: now) { expect(false, "a token nobody signed is refused") }
        return
    }
    let split = input.firstIndex(of: 0) ?? input.count
    let parts = [Array(input[0, split]), Array(input[min(split + 1, input.count), input.count])]
    let signed = parts.map { base64url($0) }.joined(separator: ".")
    guard let signature = try? privateKey.signature(for: Array(signed.utf8)) else { return }
    let token = Array("\(signed).\(base64url(Array(signature.rawRepresentation)))".utf8)
    let verdict = token.withByteView { verifier.verify($0, ring: ring, now: now) }
    guard case .accepted(let identity) = verdict else { return }
    expect(token.count <= TokenVerifier.maximumTokenBytes, "an accepted token keeps to its limit")
    expect(!identity.subject.isEmpty && !identity.tenant.isEmpty, "an accepted token names a user and a tenant")
    expect(identity.expiresAt + TokenVerifier.leeway >= now, "an accepted token has not expired")
    for index in 0..<identity.roleCount { expect(identity.hasRole(identity.role(index)), "a listed role is held") }
    for at in [0, token.count / 3, token.count / 2] {
        var changed = token
        changed[at] = changed[at] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        if case .accepted = changed.withByteView({ verifier.verify($0, ring: ring, now: now) }) {
            expect(false, "a changed token is refused")
        }
    }
}

private func makeRing() -> KeyRing {
    let rule = IssuerRule(issuer: "https://auth.example", audiences: ["gw"])
    guard let point = privateKey?.publicKey.rawRepresentation else { return KeyRing([(rule, nil)]) }
    let x = base64url(Array(point.prefix(32))), y = base64url(Array(point.suffix(32)))
    let document = #"{"keys":[{"kty":"EC","crv":"P-256","kid":"k1","alg":"ES256","use":"sig","x":"\#(x)","y":"\#(y)"}]}"#
    let keys = document.withByteView { try? KeySet.parse($0).get() }
    expect(keys != nil, "the target's own key set is read")
    return KeyRing([(rule, keys)])
}

private func base64url(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}
