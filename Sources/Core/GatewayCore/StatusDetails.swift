import Bytes
import ProblemDetails
import Protobuf

/// What the details of a gRPC status (google/rpc/status.proto, error_details.proto) add to a problem document.
struct StatusDetails {
    /// Entries of `errors` taken from one status: as many as the gateway reports itself.
    static let maximumViolations = 32

    private(set) var violations: [ProblemFieldError] = []
    /// `reason` and `domain` of an `ErrorInfo`.
    private(set) var members: [ProblemMember] = []
    /// Whole seconds of a `RetryInfo`, rounded up, at least 1; nil without one.
    private(set) var retrySeconds: Int?

    /// Reads the bytes of `grpc-status-details-bin`; what is malformed adds nothing.
    init(_ bytes: ByteView) {
        var status = WireReader(bytes)
        while let tag = status.readTag() {
            guard tag.number == 3, tag.type == .lengthDelimited else {
                guard status.skip(tag) else { return }
                continue
            }
            guard let detail = status.readLengthDelimited() else { return }
            read(detail: bytes[detail])
        }
    }

    /// A `google.protobuf.Any`: type URL and message.
    private mutating func read(detail: ByteView) {
        let message = Self.bytes(2, of: detail)
        switch Self.text(1, of: detail).split(separator: "/").last {
        case "google.rpc.ErrorInfo":
            for (number, name) in [(UInt32(1), "reason"), (2, "domain")] {
                let value = Self.text(number, of: message)
                if !value.isEmpty { members.append(ProblemMember(name: name, value: value)) }
            }
        case "google.rpc.BadRequest": readViolations(message)
        case "google.rpc.RetryInfo": readDelay(message)
        default: break
        }
    }

    private mutating func readViolations(_ message: ByteView) {
        var reader = WireReader(message)
        while let tag = reader.readTag(), violations.count < Self.maximumViolations {
            guard tag.number == 1, tag.type == .lengthDelimited else {
                guard reader.skip(tag) else { return }
                continue
            }
            guard let range = reader.readLengthDelimited() else { return }
            let violation = message[range]
            let reason = Self.text(3, of: violation)
            violations.append(
                ProblemFieldError(
                    field: Self.text(1, of: violation), pointer: "", code: reason.isEmpty ? "invalid" : reason,
                    message: Self.text(2, of: violation)))
        }
    }

    /// A `google.protobuf.Duration`: seconds, and nanoseconds that count as one second more.
    private mutating func readDelay(_ message: ByteView) {
        let delay = Self.bytes(1, of: message)
        let seconds = Self.number(1, of: delay)
        let longest: UInt64 = 24 * 60 * 60
        guard seconds <= longest else { return }
        retrySeconds = max(1, Int(seconds) + (Self.number(2, of: delay) > 0 ? 1 : 0))
    }

    private static func text(_ number: UInt32, of message: ByteView) -> String { String(bytes(number, of: message)) }

    /// The last length-delimited field with this number; empty when there is none.
    private static func bytes(_ number: UInt32, of message: ByteView) -> ByteView {
        var found = ByteView.empty
        var reader = WireReader(message)
        while let tag = reader.readTag() {
            if tag.number == number, tag.type == .lengthDelimited {
                guard let range = reader.readLengthDelimited() else { break }
                found = message[range]
            } else if !reader.skip(tag) {
                break
            }
        }
        return found
    }

    private static func number(_ number: UInt32, of message: ByteView) -> UInt64 {
        var found: UInt64 = 0
        var reader = WireReader(message)
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
