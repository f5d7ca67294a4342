import Bytes
import Foundation
import Testing
import TokenVerification

@Suite("Token verifier")
struct TokenVerifierTests {
    @Test("the fixtures are there: three issuers and all their tokens")
    func fixtures() {
        #expect(Fixtures.issuers.count == 3)
        #expect(Fixtures.ring.keyCount == 13)
        #expect(Fixtures.good.count >= 39)
        #expect(Fixtures.bad.count >= 214)
    }

    @Test("accepts every algorithm and every lawful form, and reads what the token says", arguments: Fixtures.good)
    func accepts(_ good: GoodToken) throws {
        let verdict = Fixtures.verify(good.token)
        #expect(verdict.word == "accepted")
        guard case .accepted(let identity) = verdict else { return }
        #expect(String(identity.subject) == good.subject ?? "user-000001")
        #expect(String(identity.tenant) == good.tenant ?? "tenant-001")
        #expect(String(identity.joinedRoles) == good.roles ?? "member,editor")
        #expect(identity.expiresAt == good.expiresAt ?? Fixtures.now + 3605)
        #expect(identity.issuer == good.issuer ?? 0)
        #expect(Fixtures.ring.contains(identity.key))
        #expect(identity.tenantHash == Fixtures.hash(identity.tenant))
    }

    @Test("refuses every bad token, and says why", arguments: Fixtures.bad)
    func refuses(_ bad: BadToken) {
        #expect(Fixtures.verify(bad.token).word == bad.code)
    }

    @Test("a refusal leaves nothing behind: good and bad tokens in turn through one verifier")
    func reuse() {
        let verifier = TokenVerifier(hash: Fixtures.hash)
        for (index, bad) in Fixtures.bad.enumerated() {
            let good = Fixtures.good[index % Fixtures.good.count]
            #expect(bad.token.withByteView { verifier.verify($0, ring: Fixtures.ring, now: Fixtures.now).word } == bad.code)
            #expect(good.token.withByteView { verifier.verify($0, ring: Fixtures.ring, now: Fixtures.now).word } == "accepted")
        }
    }

    @Test("no token with one flipped bit is accepted", arguments: ["ES256", "PS256", "EdDSA"])
    func bitFlips(_ algorithm: String) throws {
        let good = try #require(Fixtures.good.first { $0.name.hasPrefix(algorithm) })
        let verifier = TokenVerifier(hash: Fixtures.hash)
        var bytes = Array(good.token.utf8)
        for index in bytes.indices {
            for bit in 0..<8 {
                bytes[index] ^= 1 << UInt8(bit)
                let word = bytes.withByteView { verifier.verify($0, ring: Fixtures.ring, now: Fixtures.now).word }
                #expect(word != "accepted", "bit \(bit) of byte \(index)")
                bytes[index] ^= 1 << UInt8(bit)
            }
        }
        #expect(bytes.withByteView { verifier.verify($0, ring: Fixtures.ring, now: Fixtures.now).word } == "accepted")
    }

    @Test("no token cut at any offset, from the front or the back, is accepted")
    func truncation() {
        let verifier = TokenVerifier(hash: Fixtures.hash)
        let bytes = Array(Fixtures.good[0].token.utf8)
        for cut in 0..<bytes.count {
            for part in [Array(bytes[..<cut]), Array(bytes[(cut + 1)...])] {
                #expect(part.withByteView { verifier.verify($0, ring: Fixtures.ring, now: Fixtures.now).word } != "accepted")
            }
        }
    }

    @Test("the expiry holds to the second, five seconds late", arguments: [(3604, "accepted"), (3605, "token-expired")])
    func expiry(_ later: Int64, _ word: String) {
        #expect(Fixtures.verify(Fixtures.good[0].token, now: Fixtures.now + later).word == word)
    }

    @Test(
        "the time of issue holds to the second, five seconds early",
        arguments: [(-65, "accepted"), (-66, "token-issued-in-future")])
    func issue(_ later: Int64, _ word: String) {
        #expect(Fixtures.verify(Fixtures.good[0].token, now: Fixtures.now + later).word == word)
    }

    @Test("an unknown key is told apart, with issuer and key id, so that the issuer can be asked")
    func unknownKey() throws {
        let bad = try #require(Fixtures.bad.first { $0.name == "unknown key" })
        guard case .unknownKey(let unknown) = Fixtures.verify(bad.token) else {
            Issue.record("not told apart")
            return
        }
        #expect(unknown == UnknownKey(issuer: 0, issuerName: "https://iam.example", keyID: Array("nobody".utf8)))
    }

    @Test("an issuer whose keys were never loaded makes its tokens' keys unknown, not bad")
    func notLoaded() {
        let ring = KeyRing([(Fixtures.issuers[0].rule, nil)])
        #expect(Fixtures.verify(Fixtures.good[0].token, ring: ring).word == "token-unknown-key")
    }

    @Test("an algorithm the rule does not list is refused even when key and signature are right")
    func allowList() throws {
        let ring = KeyRing([(IssuerRule(issuer: "https://iam.example", algorithms: [.rs256]), Fixtures.issuers[0].keys)])
        for good in Fixtures.good.prefix(12) {
            #expect(
                Fixtures.verify(good.token, ring: ring).word == (good.name.hasPrefix("RS256") ? "accepted" : "token-algorithm"))
        }
    }

    @Test("audience and names of claims come from the rule")
    func ruleNames() throws {
        let name = "https://iam.example"
        func word(_ rule: IssuerRule) -> String {
            Fixtures.verify(Fixtures.good[0].token, ring: KeyRing([(rule, Fixtures.issuers[0].keys)])).word
        }
        #expect(word(IssuerRule(issuer: name, audiences: ["x", "platform-kernel"])) == "accepted")
        #expect(word(IssuerRule(issuer: name, audiences: ["x"])) == "token-audience")
        #expect(word(IssuerRule(issuer: name, audiences: [])) == "token-audience")
        #expect(word(IssuerRule(issuer: name, tenantClaim: "sub")) == "accepted")
        #expect(word(IssuerRule(issuer: name, tenantClaim: "org")) == "token-tenant")
        #expect(word(IssuerRule(issuer: name, rolesClaim: "sub")) == "token-roles")
    }

    @Test("the signature alone can be checked, whatever the payload is")
    func signatureAlone() throws {
        let verifier = TokenVerifier(hash: Fixtures.hash)
        func fault(_ name: String) throws -> TokenFault? {
            let bad = try #require(Fixtures.bad.first { $0.name == name })
            return bad.token.withByteView { verifier.signatureFault($0, ring: Fixtures.ring, issuer: 0) }
        }
        #expect(try fault("claims are a list") == nil)
        #expect(try fault("type JOSE") == nil)
        #expect(try fault("signature in DER") == .signature)
        #expect(try fault("unknown key") == .unknownKey)
        #expect(try fault("empty crit") == .critical)
    }

    @Test("the probe says what the verifier says")
    func probe() throws {
        let keys = try JSONSerialization.data(withJSONObject: #require(Fixtures.keySets[0] as? [String: Any]))
        func jws(_ token: String, _ algorithms: SignatureAlgorithms = .all) -> String? {
            [UInt8](keys).withByteView { keys in
                token.withByteView { TokenProbe.jws(jwks: keys, token: $0, algorithms: algorithms) }
            }
        }
        #expect(jws(Fixtures.good[0].token) == nil)
        #expect(jws(Fixtures.good[0].token, [.rs256]) == "token-algorithm")
        #expect(TokenProbe.jws(jwks: ByteView("{}"), token: ByteView("a.b.c")) == "key-set-no-keys")
        let rule = IssuerRule(issuer: "https://iam.example")
        let answer = [UInt8](keys).withByteView { keys in
            Fixtures.good[0].token.withByteView { TokenProbe.jwt(jwks: keys, token: $0, rule: rule, now: Fixtures.now) }
        }
        #expect(answer.reason == nil)
        #expect(answer.identity.map { String($0.subject) } == "user-000001")
    }

    @Test("roles are compared whole, and users of two tenants hash differently")
    func identities() throws {
        let first = try Fixtures.identity(Fixtures.good[0].token)
        #expect(first.roleCount == 2)
        #expect(first.hasRole("editor"))
        #expect(!first.hasRole("edit"))
        #expect(!first.hasRole("member,editor"))
        #expect(!first.hasRole(""))
        let long = try #require(Fixtures.good.first { $0.name == "a tenant of 128 bytes" })
        let second = try Fixtures.identity(long.token)
        #expect(first.userHash != second.userHash)
        #expect(first.tenantHash != second.tenantHash)
    }
}

extension Identity {
    func hasRole(_ name: String) -> Bool { name.withByteView { hasRole($0) } }
}
