import Bytes
import ProblemDetails
import Protobuf
import Transcoding

/// What the details of a gRPC status (google/rpc/status.proto, error_details.proto) add to a problem document.
///
/// Only what those files mean for the caller is read: never `DebugInfo` or `RequestInfo`, nor a type not listed here.
struct StatusDetails {
    /// Entries of one list taken from one status: as many as the gateway reports itself.
    static let maximumEntries = 32
    /// The longest wait that is passed on; a service that asks for more has its units wrong.
    static let longestRetrySeconds: UInt64 = 24 * 60 * 60

    /// Field violations of `BadRequest`.
    private(set) var violations: [ProblemFieldError] = []
    /// `reason`, `domain`, `metadata`, `resource`, `quotaViolations`, `preconditionViolations`, `links`, `locale`: in the order of
    /// the status, each name once.
    private(set) var members: [ProblemMember] = []
    /// The text of a `LocalizedMessage`, which is for the person who uses the client; empty without one.
    private(set) var localizedMessage = ""
    /// Whole seconds of a `RetryInfo`, rounded up, at least 1; nil without one.
    private(set) var retrySeconds: Int?

    private let call: CallProgram?

    /// Reads the bytes of `grpc-status-details-bin`; what is malformed adds nothing.
    /// - Parameter call: Says where in the request body a violated field stands; nil leaves that out.
    init(_ bytes: ByteView, call: CallProgram? = nil) {
        self.call = call
        for detail in WireFields(bytes).messages(3) { read(detail) }
    }

    /// A `google.protobuf.Any`: type URL and message.
    private mutating func read(_ detail: WireFields) {
        let message = detail.message(2)
        switch detail.text(1).split(separator: "/").last {
        case "google.rpc.BadRequest": readViolations(message)
        case "google.rpc.RetryInfo": readDelay(message.message(1))
        case "google.rpc.ErrorInfo":
            add(message.texts([("reason", 1), ("domain", 2)]))
            add("metadata", message.map(3))
        case "google.rpc.ResourceInfo":
            add("resource", message.texts([("type", 1), ("name", 2), ("owner", 3), ("description", 4)]))
        case "google.rpc.QuotaFailure":
            add("quotaViolations", message.messages(1).map { $0.texts([("subject", 1), ("description", 2)]) })
        case "google.rpc.PreconditionFailure":
            add(
                "preconditionViolations",
                message.messages(1).map { $0.texts([("type", 1), ("subject", 2), ("description", 3)]) })
        case "google.rpc.Help": readLinks(message)
        case "google.rpc.LocalizedMessage": readLocalized(message)
        default: break
        }
    }

    private mutating func readViolations(_ message: WireFields) {
        for violation in message.messages(1) where violations.count < Self.maximumEntries {
            let (field, reason, localized) = (violation.text(1), violation.text(3), violation.message(4).text(2))
            violations.append(
                ProblemFieldError(
                    field: field, pointer: call?.bodyPointer(toField: field) ?? "", code: reason.isEmpty ? "invalid" : reason,
                    message: localized.isEmpty ? violation.text(2) : localized))
        }
    }

    /// A `google.protobuf.Duration`: seconds, and nanoseconds that count as one second more.
    private mutating func readDelay(_ delay: WireFields) {
        let seconds = delay.number(1)
        guard seconds <= Self.longestRetrySeconds else { return }
        retrySeconds = max(1, Int(seconds) + (delay.number(2) > 0 ? 1 : 0))
    }

    /// A client may show the links to a person who clicks on them, so they lead to the web and nowhere else.
    private mutating func readLinks(_ message: WireFields) {
        let links = message.messages(1).filter { link in
            let url = link.text(2).lowercased()
            return url.hasPrefix("https://") || url.hasPrefix("http://")
        }
        add("links", links.map { $0.texts([("description", 1), ("url", 2)]) })
    }

    /// The first one counts: a service that has several puts the caller's language first.
    private mutating func readLocalized(_ message: WireFields) {
        guard localizedMessage.isEmpty else { return }
        localizedMessage = message.text(2)
        if !localizedMessage.isEmpty { add(message.texts([("locale", 1)])) }
    }

    private mutating func add(_ name: String, _ entries: [[ProblemMember]]) {
        let filled = entries.filter { !$0.isEmpty }
        if !filled.isEmpty { add([ProblemMember(name: name, value: .list(filled.map { .object($0) }))]) }
    }

    private mutating func add(_ name: String, _ content: [ProblemMember]) {
        if !content.isEmpty { add([ProblemMember(name: name, value: .object(content))]) }
    }

    private mutating func add(_ new: [ProblemMember]) {
        for member in new where !members.contains(where: { $0.name == member.name }) { members.append(member) }
    }
}

/// The fields of one small message by number; what is malformed ends it.
private struct WireFields {
    let bytes: ByteView

    init(_ bytes: ByteView) { self.bytes = bytes }

    /// The messages of a repeated field, as many as are taken.
    func messages(_ number: UInt32) -> [WireFields] {
        var found: [WireFields] = []
        var reader = WireReader(bytes)
        while found.count < StatusDetails.maximumEntries, let tag = reader.readTag() {
            if tag.number == number, tag.type == .lengthDelimited {
                guard let range = reader.readLengthDelimited() else { break }
                found.append(WireFields(bytes[range]))
            } else if !reader.skip(tag) {
                break
            }
        }
        return found
    }

    /// The last one with this number; empty when there is none.
    func message(_ number: UInt32) -> WireFields { messages(number).last ?? WireFields(.empty) }

    func text(_ number: UInt32) -> String { String(message(number).bytes) }

    /// Members of the text fields that are not empty.
    func texts(_ fields: [(name: String, number: UInt32)]) -> [ProblemMember] {
        fields.compactMap { field in
            let value = text(field.number)
            return value.isEmpty ? nil : ProblemMember(name: field.name, value: value)
        }
    }

    /// The entries of a `map<string, string>`; of equal keys the last.
    func map(_ number: UInt32) -> [ProblemMember] {
        var entries: [ProblemMember] = []
        for entry in messages(number) {
            let key = entry.text(1)
            entries.removeAll { $0.name == key }
            entries.append(ProblemMember(name: key, value: entry.text(2)))
        }
        return entries
    }

    func number(_ number: UInt32) -> UInt64 {
        var found: UInt64 = 0
        var reader = WireReader(bytes)
        while let tag = reader.readTag() {
            if tag.number == number, tag.type == .varint {
                guard let value = reader.readVarint() else { break }
                found = value
            } else if !reader.skip(tag) {
                break
            }
        }
        return found
    }
}
