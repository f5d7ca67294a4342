public import Bytes
public import ProblemDetails
import Protobuf
public import TraceContext
public import Transcoding

/// A refusal as a client that speaks gRPC reads it.
extension Problem {
    /// The code that stands for the problem.
    public var grpcStatus: GRPCStatus {
        switch status {
        case 401: .unauthenticated
        case 402: .failedPrecondition
        case 403: .permissionDenied
        // What the gateway does not find is a method, never a resource.
        case 404, 405, 501: .unimplemented
        case 408, 504: .deadlineExceeded
        case 409: .aborted
        case 413, 429, 431: .resourceExhausted
        case 499: .cancelled
        case 502: slug == .badGateway ? .unavailable : .internal
        case 503: .unavailable
        case 400..<500: .invalidArgument
        default: .internal
        }
    }

    /// Appends `grpc-status`, `grpc-message`, `grpc-status-details-bin` and for a wait `grpc-retry-pushback-ms`, each a line with its CRLF.
    ///
    /// The details are an `ErrorInfo` whose reason is the slug, with the trace's id, and a `RetryInfo` where there is a wait.
    public func writeGRPCFields(trace: TraceContext, to out: ByteWriter) {
        out.append("grpc-status: ")
        out.append(decimal: Int(grpcStatus.rawValue))
        out.append("\r\ngrpc-message: ")
        withDetail { Self.appendPercentEncoded($0, to: out) }
        out.append("\r\ngrpc-status-details-bin: ")
        let encoded = out.count
        let details = details(trace)
        out.append(base64Encoded: details.view)
        // Servers should not pad (gRPC over HTTP/2, "Custom-Metadata").
        while out.count > encoded, out.view[out.count - 1] == UInt8(ascii: "=") { out.truncate(to: out.count - 1) }
        out.append("\r\n")
        guard let seconds = retryAfterSeconds else { return }
        out.append("grpc-retry-pushback-ms: ")
        out.append(decimal: max(1, seconds) * 1000)
        out.append("\r\n")
    }

    private func withDetail(_ body: (ByteView) -> Void) {
        switch detail {
        case .literal(let text): body(ByteView(text))
        case .bytes(let bytes): bytes.withByteView(body)
        }
    }

    /// The `google.rpc.Status` (google/rpc/status.proto, error_details.proto).
    private func details(_ trace: TraceContext) -> ByteWriter {
        let out = ByteWriter(capacity: 256)
        out.append(tag: WireTag(number: 1, type: .varint))
        out.append(varint: UInt64(grpcStatus.rawValue))
        withDetail { Self.append($0, as: 2, to: out) }
        let info = ByteWriter(capacity: 128)
        Self.append(slug.text.reason, as: 1, to: info)
        Self.append("septem-gateway", as: 2, to: info)
        let entry = ByteWriter(capacity: 64)
        Self.append("traceId", as: 1, to: entry)
        let id = ByteWriter(capacity: 64)
        id.append(hex: trace.traceHigh)
        id.append(hex: trace.traceLow)
        Self.append(id.view, as: 2, to: entry)
        Self.append(entry.view, as: 3, to: info)
        Self.appendDetail("google.rpc.ErrorInfo", info, to: out)
        if let seconds = retryAfterSeconds {
            let delay = ByteWriter(capacity: 64)
            delay.append(tag: WireTag(number: 1, type: .varint))
            delay.append(varint: UInt64(max(1, seconds)))
            let retry = ByteWriter(capacity: 64)
            Self.append(delay.view, as: 1, to: retry)
            Self.appendDetail("google.rpc.RetryInfo", retry, to: out)
        }
        return out
    }

    private static func appendDetail(_ type: String, _ message: ByteWriter, to out: ByteWriter) {
        let any = ByteWriter(capacity: 256)
        append("type.googleapis.com/" + type, as: 1, to: any)
        append(message.view, as: 2, to: any)
        append(any.view, as: 3, to: out)
    }

    private static func append(_ text: String, as number: UInt32, to out: ByteWriter) {
        text.withByteView { append($0, as: number, to: out) }
    }

    private static func append(_ bytes: ByteView, as number: UInt32, to out: ByteWriter) {
        out.append(tag: WireTag(number: number, type: .lengthDelimited))
        out.append(lengthDelimited: bytes)
    }

    /// Percent-encoding of `grpc-message`: all but visible ASCII and the blank, and the percent sign (gRPC over HTTP/2, "Responses").
    static func appendPercentEncoded(_ text: ByteView, to out: ByteWriter) {
        for index in 0..<text.count {
            let byte = text[index]
            if byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "%") {
                out.append(byte)
            } else {
                out.append("%")
                out.append(upperHex(byte >> 4))
                out.append(upperHex(byte & 15))
            }
        }
    }

    private static func upperHex(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 55 + value }
}

extension StaticString {
    /// A slug as the reason of an `ErrorInfo`, which is in upper case with underscores.
    fileprivate var reason: String { description.uppercased().replacing("-", with: "_") }
}
