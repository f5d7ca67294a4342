import Bytes
import JSON

/// A token's claims, checked one rule a function (RFC 7519 section 4.1).
struct ClaimReader {
    private let tape: JSONTape
    private let issuer: Int

    /// Claims of identity providers nest a few levels (`realm_access.roles`); 8 KB of token hold no more nodes than this.
    static let limits = JSONLimits(bytes: TokenVerifier.maximumTokenBytes, depth: 16, nodes: 4096, rejectDuplicateNames: true)
    /// Longest `sub`: OpenID Connect Core section 2 sets 255.
    static let maximumSubjectBytes = 255
    /// Longest tenant: tenants are UUIDs or slugs.
    static let maximumTenantBytes = 128
    /// Most roles, and the longest name of one: together they bound `X-User-Roles` to what upstreams accept in a head.
    static let maximumRoles = 64
    static let maximumRoleBytes = 128
    /// The last second of the year 9999: times in milliseconds are refused instead of lasting for millennia.
    static let maximumTime: Int64 = 253_402_300_799

    /// What the claims say, with the leeway already in the expiry.
    struct Person {
        let subject: ByteWriter
        let tenant: ByteWriter
        let roles: [[UInt8]]
        let expiresAt: Int64
    }

    /// Parses the decoded claims as far as the issuer, which chooses the keys; nothing in them is trusted yet.
    static func read(_ bytes: ByteView, _ tape: JSONTape) -> Result<ClaimReader, TokenFault> {
        guard tape.parse(bytes, limits: limits) == nil, tape.kind(0) == .object else { return .failure(.claims) }
        guard let issuer = tape.member(of: 0, named: "iss"), tape.kind(issuer) == .string else { return .failure(.issuer) }
        return .success(ClaimReader(tape: tape, issuer: issuer))
    }

    /// Whether `iss` is exactly `name`.
    func isIssued(by name: ByteView) -> Bool { tape.equals(issuer, name) }

    /// Applies an issuer's rule to claims whose signature holds.
    func identity(for issuer: KeyRing.Issuer, at now: Int64) -> Result<Person, TokenFault> {
        guard namesAudience(of: issuer) else { return .failure(.audience) }
        let expiresAt: Int64
        switch expiry(at: now) {
        case .failure(let fault): return .failure(fault)
        case .success(let second): expiresAt = second
        }
        if let fault = startFault("nbf", .notYetValid, at: now) ?? startFault("iat", .issuedInFuture, at: now) {
            return .failure(fault)
        }
        guard let subject = name(tape.member(of: 0, named: "sub"), most: Self.maximumSubjectBytes) else {
            return .failure(.subject)
        }
        let claim = issuer.tenantClaim.withByteView { tape.member(of: 0, named: $0) }
        guard let tenant = name(claim, most: Self.maximumTenantBytes) else { return .failure(.tenant) }
        guard let roles = roles(issuer.rolesClaim) else { return .failure(.roles) }
        return .success(Person(subject: subject, tenant: tenant, roles: roles, expiresAt: expiresAt))
    }

    /// `aud`: one string or an array of strings (section 4.1.3), one of which the issuer's rule lists.
    private func namesAudience(of issuer: KeyRing.Issuer) -> Bool {
        func isOurs(_ node: Int) -> Bool { issuer.audiences.contains { $0.withByteView { tape.equals(node, $0) } } }
        guard let audience = tape.member(of: 0, named: "aud") else { return false }
        if tape.kind(audience) == .string { return isOurs(audience) }
        guard tape.kind(audience) == .array else { return false }
        var found = false
        var at = audience + 1
        while at < tape.end(audience) {
            guard tape.kind(at) == .string else { return false }
            if isOurs(at) { found = true }
            at = tape.end(at)
        }
        return found
    }

    /// `exp` (section 4.1.4): the first second at which the token is refused.
    private func expiry(at now: Int64) -> Result<Int64, TokenFault> {
        guard let node = tape.member(of: 0, named: "exp"), let time = time(node, .down) else { return .failure(.expiryForm) }
        let end = time + TokenVerifier.leeway
        return now < end ? .success(end) : .failure(.expired)
    }

    /// `nbf` (section 4.1.5) and `iat` (section 4.1.6): optional, and not later than now plus the leeway.
    private func startFault(_ claim: StaticString, _ early: TokenFault, at now: Int64) -> TokenFault? {
        guard let node = tape.member(of: 0, named: claim) else { return nil }
        guard let time = time(node, .up) else { return .timeForm }
        return time <= now + TokenVerifier.leeway ? nil : early
    }

    /// A NumericDate in whole seconds; a fraction is rounded so that the token is valid for a shorter time.
    private func time(_ node: Int, _ rule: FloatingPointRoundingRule) -> Int64? {
        guard tape.kind(node) == .number else { return nil }
        if let exact = tape.int64(node) { return 0...Self.maximumTime ~= exact ? exact : nil }
        guard let value = tape.double(node), value >= 0, value < Double(Self.maximumTime) else { return nil }
        return Int64(value.rounded(rule))
    }

    /// A string claim of 1 to `most` bytes, all visible ASCII, because it becomes the value of a header field.
    private func name(_ node: Int?, most: Int) -> ByteWriter? {
        guard let node, tape.kind(node) == .string, tape.range(node).count <= TokenVerifier.maximumTokenBytes else { return nil }
        let out = ByteWriter(capacity: most)
        tape.appendUnescaped(node, to: out)
        guard out.count > 0, out.count <= most, Self.isVisible(out.view, inner: 0x21) else { return nil }
        return out
    }

    /// The list of roles, empty when the claim is absent; nil when it is malformed.
    private func roles(_ claim: [UInt8]) -> [[UInt8]]? {
        guard let list = claim.withByteView({ tape.member(of: 0, named: $0) }) else { return [] }
        guard tape.kind(list) == .array, tape.childCount(list) <= Self.maximumRoles else { return nil }
        var roles: [[UInt8]] = []
        let out = ByteWriter()
        var at = list + 1
        while at < tape.end(list) {
            guard tape.kind(at) == .string else { return nil }
            out.removeAll()
            tape.appendUnescaped(at, to: out)
            guard Self.isRole(out.view) else { return nil }
            roles.append(Array(out.view))
            at = tape.end(at)
        }
        return roles
    }

    /// A role may hold inner spaces and never a comma, which separates roles in `X-User-Roles`.
    private static func isRole(_ role: ByteView) -> Bool {
        guard role.count > 0, role.count <= maximumRoleBytes, role.firstIndex(of: UInt8(ascii: ",")) == nil else { return false }
        return role[0] != 0x20 && role[role.count - 1] != 0x20 && isVisible(role, inner: 0x20)
    }

    /// Whether every byte is from `inner` to the tilde.
    private static func isVisible(_ text: ByteView, inner: UInt8) -> Bool {
        var index = 0
        while index < text.count {
            if text[index] < inner || text[index] > 0x7e { return false }
            index += 1
        }
        return true
    }
}
