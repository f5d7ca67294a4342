public import Bytes
import HTTP1
import HTTPSemantics
import TraceContext

/// Pieces of heads that depend on the request.
extension RequestContext {
    /// `X-Forwarded-For`: what a trusted proxy said, then the peer; from anybody else the peer alone.
    func appendForwardedFor(to out: ByteWriter) {
        if isPeerTrusted {
            var next = fields.firstIndex(.xForwardedFor)
            while let index = next {
                out.append(headBytes.view[fields[index].value])
                out.append(", ")
                next = fields.nextIndex(.xForwardedFor, after: index)
            }
        }
        connectionPeer.text.withByteView { out.append($0) }
    }

    /// `Forwarded` (RFC 7239): the elements of a trusted proxy, then one for the peer.
    func appendForwarded(scheme: StaticString, to out: ByteWriter) {
        if isPeerTrusted {
            var next = fields.firstIndex(.forwarded)
            while let index = next {
                out.append(headBytes.view[fields[index].value])
                out.append(", ")
                next = fields.nextIndex(.forwarded, after: index)
            }
        }
        // An IPv6 address and a host with a port need quotes (RFC 7239 section 4).
        out.append(connectionPeer.isIPv6 ? "for=\"[" : "for=")
        connectionPeer.text.withByteView { out.append($0) }
        out.append(connectionPeer.isIPv6 ? "]\";host=\"" : ";host=\"")
        out.append(authority)
        out.append("\";proto=")
        out.append(scheme)
    }

    /// The client's `tracestate`, checked and combined; nil when it is absent or when the trace was restarted. Valid until the
    /// next call.
    public func combinedTracestate() -> ByteView? {
        guard !trace.isRestarted, fields.contains(.tracestate) else { return nil }
        state.removeAll()
        var next = fields.firstIndex(.tracestate)
        while let index = next {
            state.add(headBytes.view[fields[index].value])
            next = fields.nextIndex(.tracestate, after: index)
        }
        return state.finish()
    }

    func appendTracestate(to out: ByteWriter) {
        guard let combined = combinedTracestate() else { return }
        out.append("tracestate: ")
        out.append(combined)
        out.append("\r\n")
    }

    /// Calls `body` with the text of this hop's `traceparent`.
    public func withTraceparent(_ body: (ByteView) -> Void) {
        traceText.removeAll()
        trace.appendTraceparent(to: traceText)
        body(traceText.view)
    }

    /// `X-Request-ID` and `traceparent` of the answer.
    func appendResponseIdentifiers(to out: ByteWriter) {
        out.append("x-request-id: ")
        requestID.append(to: out)
        out.append("\r\ntraceparent: ")
        trace.appendTraceparent(to: out)
        out.append("\r\n")
    }
}
