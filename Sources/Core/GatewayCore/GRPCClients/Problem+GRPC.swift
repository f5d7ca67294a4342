public import Bytes
import HTTPSemantics
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
        withDetail { GRPCSyntax.appendPercentEncoded($0, to: out) }
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
        withDetail { out.append(field: 2, $0) }
        let info = ByteWriter(capacity: 128)
        info.append(field: 1, slug.text.reason)
        info.append(field: 2, "septem-gateway")
        let entry = ByteWriter(capacity: 64)
        entry.append(field: 1, "traceId")
        let id = ByteWriter(capacity: 64)
        id.append(hex: trace.traceHigh)
        id.append(hex: trace.traceLow)
        entry.append(field: 2, id.view)
        info.append(field: 3, entry.view)
        Self.appendDetail("google.rpc.ErrorInfo", info, to: out)
        if let seconds = retryAfterSeconds {
            let delay = ByteWriter(capacity: 64)
            delay.append(tag: WireTag(number: 1, type: .varint))
            delay.append(varint: UInt64(max(1, seconds)))
            let retry = ByteWriter(capacity: 64)
            retry.append(field: 1, delay.view)
            Self.appendDetail("google.rpc.RetryInfo", retry, to: out)
        }
        return out
    }

    private static func appendDetail(_ type: String, _ message: ByteWriter, to out: ByteWriter) {
        let any = ByteWriter(capacity: 256)
        any.append(field: 1, "type.googleapis.com/" + type)
        any.append(field: 2, message.view)
        out.append(field: 3, any.view)
    }
}

extension StaticString {
    /// A slug as the reason of an `ErrorInfo`, which is in upper case with underscores.
    fileprivate var reason: String { description.uppercased().replacing("-", with: "_") }
}
