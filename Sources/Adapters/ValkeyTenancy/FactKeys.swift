import Bytes
import GatewayCore

/// The keys under which facts are kept (docs/valkey.md).
enum FactKeys {
    static let modules: StaticString = "modules:active:"
    static let rate: StaticString = "rate_limit:config:"
    static let plan: StaticString = "plan_info:"
    static let cors: StaticString = "cors:"
    static let permissions: StaticString = "rbac:"

    /// What is tracked; none begins with another.
    static let prefixes = [modules, rate, plan, cors, permissions].map(\.description)

    /// Writes the key of a fact.
    static func append(_ kind: FactKind, tenant: ByteView, user: ByteView?, to out: ByteWriter) {
        switch kind {
        case .modules: out.append(modules)
        case .rate: out.append(rate)
        case .plan: out.append(plan)
        case .cors: out.append(cors)
        case .permissions: out.append(permissions)
        }
        out.append(tenant)
        guard let user else { return }
        out.append(UInt8(ascii: ":"))
        out.append(user)
    }

    /// Calls `body` with the fact that a key holds; keys of other things are none.
    static func parse(_ key: ByteView, _ body: (_ kind: FactKind, _ tenant: ByteView, _ user: ByteView?) -> Void) {
        for (prefix, kind) in [
            (modules, FactKind.modules), (rate, .rate), (plan, .plan), (cors, .cors), (permissions, .permissions),
        ] {
            guard key.hasPrefix(prefix) else { continue }
            let rest = key[prefix.utf8CodeUnitCount, key.count]
            guard kind == .permissions else { return body(kind, rest, nil) }
            // A tenant's name has no colon, a user's may.
            guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { return }
            return body(kind, rest[0, colon], rest[colon + 1, rest.count])
        }
    }
}
