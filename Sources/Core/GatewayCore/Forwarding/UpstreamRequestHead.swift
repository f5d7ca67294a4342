public import Bytes
import HTTP1
public import HTTPSemantics
import TokenVerification
import TraceContext

/// The head of a request as the gateway sends it to an HTTP/1.1 upstream.
public enum UpstreamRequestHead {
    /// Fields the gateway writes itself, and fields of one hop. Reserved names sent by a client go with them: nobody else may
    /// say who the caller is.
    public static let rewritten: FieldNameSet = [
        .host, .xForwardedFor, .xForwardedProto, .xForwardedHost, .xForwardedPort, .xForwardedPrefix, .forwarded, .xRequestID,
        .traceparent,
        .tracestate,
        .xUserID, .xTenantID, .xUserRoles, .xSeptemEdgeTrace, .xSeptemEdgeRoles, .via,
    ]
    static let rewrittenAndExpect = rewritten.union([.expect])
    static let rewrittenAndLength = rewrittenAndExpect.union([.contentLength])
    static let credentials: FieldNameSet = [.authorization]
    /// What is compressed cannot be checked.
    static let codings: FieldNameSet = [.acceptEncoding]

    /// Writes request line, fields and the final empty line.
    ///
    /// - Parameter collectedBody: Byte count of the body that follows in the same write; nil when the body streams as the client frames it.
    public static func write(_ request: RequestContext, collectedBody: Int?, service: Service, to out: ByteWriter) {
        let head = request.head
        let bytes = request.headBytes.view
        markDropped(request, collectedBody: collectedBody, service: service)
        out.append(bytes[head.methodRange])
        out.append(" ")
        request.appendTarget(to: out)
        out.append(" HTTP/1.1\r\nhost: ")
        out.append(request.authority)
        out.append("\r\n")
        HeadWriter.appendFields(from: bytes, head.fields, to: out)
        writeFraming(request, collectedBody: collectedBody, to: out)
        writeForwarding(request, to: out)
        writeIdentity(request, to: out)
        out.append("\r\n")
    }

    private static func markDropped(_ request: RequestContext, collectedBody: Int?, service: Service) {
        let head = request.head
        HopByHop.mark(head.fields, in: request.headBytes.view, sendsTrailers: head.framing == .chunked && collectedBody == nil)
        let isChunkedCollected = collectedBody != nil && head.framing == .chunked
        head.fields.drop(isChunkedCollected ? rewrittenAndLength : collectedBody == nil ? rewritten : rewrittenAndExpect)
        if request.identity != nil, !service.forwardsAuthorization { head.fields.drop(credentials) }
        if request.operation?.enforcesAnswers == true { head.fields.drop(codings) }
    }

    private static func writeFraming(_ request: RequestContext, collectedBody: Int?, to out: ByteWriter) {
        if request.isUpgrade, let line = request.fields.first(.upgrade) {
            out.append("connection: upgrade\r\nupgrade: ")
            out.append(request.headBytes.view[line.value])
            out.append("\r\n")
        }
        guard request.head.framing == .chunked else { return }
        if let collectedBody {
            out.append("content-length: ")
            out.append(decimal: collectedBody)
            out.append("\r\n")
        } else {
            out.append("transfer-encoding: chunked\r\n")
        }
    }

    private static func writeForwarding(_ request: RequestContext, to out: ByteWriter) {
        let scheme = request.forwardedProtocol
        out.append("x-forwarded-for: ")
        request.appendForwardedFor(to: out)
        out.append("\r\nx-forwarded-proto: ")
        out.append(scheme)
        out.append("\r\nx-forwarded-host: ")
        out.append(request.authority)
        out.append("\r\nforwarded: ")
        request.appendForwarded(scheme: scheme, to: out)
        out.append("\r\nvia: 1.1 septem\r\nx-request-id: ")
        request.requestID.append(to: out)
        out.append("\r\ntraceparent: ")
        request.trace.appendTraceparent(to: out)
        out.append("\r\n")
        request.appendTracestate(to: out)
    }

    private static func writeIdentity(_ request: RequestContext, to out: ByteWriter) {
        guard let identity = request.identity else { return }
        out.append("x-user-id: ")
        out.append(identity.subject)
        out.append("\r\nx-tenant-id: ")
        out.append(identity.tenant)
        out.append("\r\nx-user-roles: ")
        out.append(identity.joinedRoles)
        out.append("\r\n")
    }
}
