public import Bytes
public import HTTP1
import HTTPSemantics
public import ProblemDetails
import RateLimiting
import Routing
import TokenVerification

/// Response heads as the gateway writes them to a client.
public enum ClientResponseHead {
    /// Fields the gateway writes itself.
    static let rewritten: FieldNameSet = [.xRequestID, .traceparent, .tracestate]
    static let rewrittenAndLength = rewritten.union([.contentLength])

    /// Writes an upstream's final head: its status and end-to-end fields, then the gateway's own.
    ///
    /// - Parameters:
    ///   - bytes: The bytes `head` was parsed from.
    ///   - isChunked: Whether the body follows in chunks of the gateway's making.
    ///   - bodyCount: Length of the body when it is not the upstream's; nil when it is.
    ///   - closes: Whether this answer is the connection's last.
    public static func write(
        _ head: ResponseHead, bytes: ByteView, request: RequestContext, isChunked: Bool, bodyCount: Int? = nil, closes: Bool,
        date: ByteView, to out: ByteWriter
    ) {
        HopByHop.mark(head.fields, in: bytes, sendsTrailers: isChunked)
        head.fields.drop(bodyCount == nil ? rewritten : rewrittenAndLength)
        request.dropForeign(head.fields, of: bytes)
        request.dropNotices(head.fields, of: bytes)
        HeadWriter.appendStatusLine(head.status, to: out)
        HeadWriter.appendFields(from: bytes, head.fields, to: out)
        if let bodyCount {
            out.append("content-length: ")
            out.append(decimal: bodyCount)
            out.append("\r\n")
        }
        if !head.fields.contains(.date) { writeDate(date, to: out) }
        if isChunked { out.append("transfer-encoding: chunked\r\n") }
        writeCommon(request, closes: closes, merging: head.fields, of: bytes, to: out)
    }

    /// Writes an interim answer (1xx other than 101).
    public static func writeInterim(_ head: ResponseHead, bytes: ByteView, to out: ByteWriter) {
        HopByHop.mark(head.fields, in: bytes, sendsTrailers: false)
        HeadWriter.appendStatusLine(head.status, to: out)
        HeadWriter.appendFields(from: bytes, head.fields, to: out)
        out.append("\r\n")
    }

    /// Writes `101 Switching Protocols`.
    public static func writeSwitching(_ head: ResponseHead, bytes: ByteView, request: RequestContext, to out: ByteWriter) {
        let upgrade = head.fields.first(.upgrade)
        HopByHop.mark(head.fields, in: bytes, sendsTrailers: false)
        head.fields.drop(rewritten)
        request.dropNotices(head.fields, of: bytes)
        HeadWriter.appendStatusLine(101, to: out)
        HeadWriter.appendFields(from: bytes, head.fields, to: out)
        out.append("connection: upgrade\r\n")
        if let upgrade {
            out.append("upgrade: ")
            out.append(bytes[upgrade.value])
            out.append("\r\n")
        }
        request.appendNotice(to: out)
        request.appendResponseIdentifiers(to: out)
        out.append("\r\n")
    }

    /// Writes the head of an answer the gateway makes itself. `request` is nil when its head could not be read.
    public static func writeOwn(
        status: Int, contentType: ByteView, bodyCount: Int, request: RequestContext?, problem: Problem?, closes: Bool,
        date: ByteView, to out: ByteWriter
    ) {
        HeadWriter.appendStatusLine(status, to: out)
        out.append("content-type: ")
        out.append(contentType)
        out.append("\r\ncontent-length: ")
        out.append(decimal: bodyCount)
        out.append("\r\n")
        writeDate(date, to: out)
        if let problem {
            writeProblemFields(problem, request: request, to: out)
        } else {
            out.append("cache-control: no-store\r\n")
        }
        if let request { return writeCommon(request, closes: closes, to: out) }
        out.append("connection: close\r\n\r\n")
    }

    /// Writes the head of a document, or of the word that the client has it already.
    ///
    /// - Parameters:
    ///   - bodyCount: Bytes of the document; nil for 304.
    ///   - tag: Its strong entity tag, in quotes.
    ///   - isImmutable: Whether it is the same for ever.
    public static func writeDocument(
        contentType: ByteView, bodyCount: Int?, tag: ByteView, isImmutable: Bool, request: RequestContext, closes: Bool,
        date: ByteView, to out: ByteWriter
    ) {
        HeadWriter.appendStatusLine(bodyCount == nil ? 304 : 200, to: out)
        if let bodyCount {
            out.append("content-type: ")
            out.append(contentType)
            out.append("\r\ncontent-length: ")
            out.append(decimal: bodyCount)
            out.append("\r\n")
        }
        writeDate(date, to: out)
        out.append("etag: ")
        out.append(tag)
        out.append(
            isImmutable
                ? "\r\ncache-control: public, max-age=31536000, immutable\r\nvary: Accept\r\n"
                : "\r\ncache-control: no-cache\r\nvary: Accept\r\n")
        writeCommon(request, closes: closes, to: out)
    }

    /// Writes the head that answers a preflight with what it asks for: all of the answer.
    public static func writePreflight(request: RequestContext, closes: Bool, date: ByteView, to out: ByteWriter) {
        HeadWriter.appendStatusLine(204, to: out)
        writeDate(date, to: out)
        request.appendPreflight(to: out)
        writeCommon(request, closes: closes, to: out)
    }

    /// Writes the head of a stream of the gateway's making; it ends with the last chunk, or with the connection.
    public static func writeStream(
        contentType: ByteView, request: RequestContext, isChunked: Bool, closes: Bool, date: ByteView, to out: ByteWriter
    ) {
        HeadWriter.appendStatusLine(200, to: out)
        out.append("content-type: ")
        out.append(contentType)
        out.append(isChunked ? "\r\ntransfer-encoding: chunked\r\n" : "\r\n")
        writeDate(date, to: out)
        // Proxies that buffer would hold back what is sent as it comes.
        out.append("cache-control: no-store\r\nx-accel-buffering: no\r\n")
        writeCommon(request, closes: closes, to: out)
    }

    /// Writes the head of an answer to a client that speaks gRPC; its status is 200, whatever became of the call.
    ///
    /// - Parameters:
    ///   - fields: Lines of the service, each with its CRLF; the status too where no message follows.
    ///   - hasBody: Whether messages and a status follow, in chunks or until the connection ends.
    ///   - problem: Why the call is refused; nil for the service's answer.
    public static func writeGRPC(
        fields: ByteView, hasBody: Bool, request: RequestContext, problem: Problem?, closes: Bool, date: ByteView,
        to out: ByteWriter
    ) {
        HeadWriter.appendStatusLine(200, to: out)
        out.append("content-type: ")
        out.append(request.contentType.mediaType)
        out.append(
            hasBody ? request.head.minorVersion >= 1 ? "\r\ntransfer-encoding: chunked\r\n" : "\r\n" : "\r\ncontent-length: 0\r\n"
        )
        writeDate(date, to: out)
        out.append(fields)
        if let problem { writeProblemFields(problem, request: request, to: out) }
        writeCommon(request, closes: closes, to: out)
    }

    private static func writeProblemFields(_ problem: Problem, request: RequestContext?, to out: ByteWriter) {
        if let seconds = problem.retryAfterSeconds {
            out.append("retry-after: ")
            out.append(decimal: max(1, seconds))
            out.append("\r\n")
        }
        if let allow = request?.allowedMethods {
            out.append("allow: ")
            append(allow, to: out)
            out.append("\r\n")
        }
        if let fault = request?.tokenFault {
            out.append("www-authenticate: ")
            fault.appendChallenge(realm: ByteView("septem"), to: out)
            out.append("\r\n")
        }
        out.append("cache-control: no-store\r\n")
    }

    private static func append(_ methods: MethodSet, to out: ByteWriter) {
        var isFirst = true
        for method in RequestMethod.allCases where methods.contains(method) {
            if !isFirst { out.append(", ") }
            isFirst = false
            out.append(method.token)
        }
    }

    private static func writeDate(_ date: ByteView, to out: ByteWriter) {
        out.append("date: ")
        out.append(date)
        out.append("\r\n")
    }

    /// - Parameter fields: What the upstream says, for what is merged with the gateway's own; nil for the gateway's answers.
    private static func writeCommon(
        _ request: RequestContext, closes: Bool, merging fields: FieldTable? = nil, of bytes: ByteView = .empty,
        to out: ByteWriter
    ) {
        request.appendCrossOrigin(merging: fields, of: bytes, to: out)
        request.appendNotice(to: out)
        request.appendResponseIdentifiers(to: out)
        request.rates.appendFields(to: out)
        if closes {
            out.append("connection: close\r\n")
        } else if request.head.minorVersion == 0 {
            out.append("connection: keep-alive\r\n")
        }
        out.append("\r\n")
    }
}
