import Bytes
import GatewayCore

/// The keys under which facts are kept (docs/tenants.md).
enum FactKeys {
    /// What the key of a fact begins with; none begins with another.
    private static func prefix(of kind: FactKind) -> StaticString {
        switch kind {
        case .modules: "modules:active:"
        case .rate: "rate_limit:config:"
        case .plan: "plan_info:"
        case .cors: "cors:"
        case .permissions: "rbac:"
        }
    }

    /// What is tracked.
    static let prefixes = FactKind.allCases.map { prefix(of: $0).description }

    /// Writes the key of a fact.
    static func append(_ kind: FactKind, tenant: ByteView, user: ByteView?, to out: ByteWriter) {
        out.append(prefix(of: kind))
        out.append(tenant)
        guard let user else { return }
        out.append(UInt8(ascii: ":"))
        out.append(user)
    }

    /// Calls `body` with the fact that a key holds; keys of other things are none.
    static func parse(_ key: ByteView, _ body: (_ kind: FactKind, _ tenant: ByteView, _ user: ByteView?) -> Void) {
        guard let kind = FactKind.allCases.first(where: { key.hasPrefix(prefix(of: $0)) }) else { return }
        let rest = key[prefix(of: kind).utf8CodeUnitCount, key.count]
        guard kind == .permissions else { return body(kind, rest, nil) }
        // A tenant's name has no colon, a user's may.
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { return }
        body(kind, rest[0, colon], rest[colon + 1, rest.count])
    }
}
