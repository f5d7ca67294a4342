import Bytes
import Files
import Flags
import Foundation

/// What a flag of a file says to a caller.
public enum FlagEvaluation {
    /// - Returns: variation and value; nil for a flag that is unknown or gives no answer. And what is wrong with the file.
    public static func run(
        _ flag: String, file: String, tenant: String?, user: String?, roles: [String]
    ) -> (answer: String?, findings: [String]) {
        let bytes: [UInt8]
        switch FileReader.read(file, maximumBytes: FlagSet.maximumBytes) {
        case .failure(let fault): return (nil, [fault.message])
        case .success(let read): bytes = read.bytes
        }
        switch FlagSet.read(bytes, file: file) {
        case .failure(let fault): return (nil, [fault.message])
        case .success(let set):
            let caller = Caller(tenant: tenant, user: user, roles: roles)
            let found = set.flags[flag]?.evaluate(caller, now: Int64(Date().timeIntervalSince1970 * 1000))
            return (found.map { "\($0.name) \($0.json)" }, set.findings.map { "\($0)" })
        }
    }

    /// A caller as the gateway would know it from a token.
    private struct Caller: FlagSubject {
        private let texts: [String: ByteWriter]
        private let roles: [String]
        private let isStranger: Bool

        init(tenant: String?, user: String?, roles: [String]) {
            self.roles = roles
            isStranger = user == nil
            var values = ["targetingKey": user ?? "anonymous", "key": user ?? "anonymous"]
            values["tenantId"] = tenant
            values["userId"] = user
            values["role"] = roles.first
            texts = values.mapValues { text in
                let bytes = ByteWriter()
                text.withByteView { bytes.append($0) }
                return bytes
            }
        }

        var key: ByteView { texts["targetingKey"]?.view ?? .empty }

        func operand(_ name: ByteView) -> FlagOperand? {
            let name = String(name)
            if name == "anonymous" { return .bool(isStranger) }
            if name == "roles" { return .something }
            if name.hasPrefix("roles.") { return roles.contains(String(name.dropFirst(6))) ? .bool(true) : nil }
            return texts[name].map { .text($0.view) }
        }
    }
}
