import Foundation
import GRPCCore
import GRPCProtobuf

/// A filter of `ListRecords`: a top-level member of the data equals a text.
struct Condition: Sendable {
    let member: String
    let value: String

    /// Reads `member=value`; nil when it is not of that form or the member is not a plain name.
    init?(_ text: String) {
        guard let sign = text.firstIndex(of: "=") else { return nil }
        let member = text[..<sign]
        guard Name.isValid(member) else { return nil }
        self.member = String(member)
        value = String(text[text.index(after: sign)...])
    }
}

/// What modules, models, ids and members may be called.
enum Name {
    static let maximumLength = 128

    static func isValid(_ text: some StringProtocol) -> Bool {
        (1...maximumLength).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte) && text != "." && text != ".."
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default:
            false
        }
    }
}

/// Gathers everything wrong with a request, so that the caller hears of it all at once.
struct Violations {
    private var found: [ErrorDetails.BadRequest.FieldViolation] = []

    mutating func check(_ holds: Bool, _ field: String, _ reason: String) {
        if !holds {
            found.append(.init(field: field, description: reason))
        }
    }

    mutating func checkName(_ value: String, _ field: String) {
        check(Name.isValid(value), field, "must be 1 to \(Name.maximumLength) letters, digits, '.', '_' or '-'")
    }

    /// Throws INVALID_ARGUMENT with one field violation for each finding; nothing when there is none.
    func throwIfAny() throws {
        guard !found.isEmpty else { return }
        let names = found.map(\.field).joined(separator: ", ")
        throw GoogleRPCStatus(code: .invalidArgument, message: "invalid \(names)", details: .badRequest(violations: found))
    }
}

/// Who calls, from the metadata the gateway writes.
struct Caller: Sendable {
    let tenant: String
    let user: String

    /// Throws UNAUTHENTICATED without a tenant.
    init(_ metadata: Metadata) throws {
        guard let tenant = metadata[stringValues: "x-tenant-id"].first(where: { _ in true }), Name.isValid(tenant) else {
            throw RPCError(code: .unauthenticated, message: "the x-tenant-id metadata is missing")
        }
        self.tenant = tenant
        user = metadata[stringValues: "x-user-id"].first(where: { _ in true }) ?? ""
    }
}

/// The opaque tokens of `ListRecords`: the sequence number of the last record of a page.
enum PageToken {
    static func make(after sequence: Int64) -> String {
        Data("v1:\(sequence)".utf8).base64EncodedString().replacingOccurrences(of: "=", with: "")
    }

    /// The sequence to go on after; 0 for no token, nil for one that `make` did not write.
    static func read(_ token: String) -> Int64? {
        guard !token.isEmpty else { return 0 }
        let padded = token + String(repeating: "=", count: (4 - token.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded), let text = String(bytes: data, encoding: .utf8), text.hasPrefix("v1:"),
            let sequence = Int64(text.dropFirst(3)), sequence > 0
        else { return nil }
        return sequence
    }
}
