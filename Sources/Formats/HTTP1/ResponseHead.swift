public import Bytes
public import HTTPSemantics

/// The head of one HTTP/1.1 response from an upstream, parsed in place and reused from response to response.
///
/// Ranges, reuse and strictness are those of `RequestHead`. A status outside 100...599 is refused. The reason phrase is
/// skipped, and so may be the space before it, which some servers leave out with the phrase.
public final class ResponseHead {
    /// 100...599.
    public private(set) var status = 0
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    public private(set) var minorVersion: UInt8 = 1
    /// The field lines in order. Policies may drop lines and must not add any.
    public let fields: FieldTable
    /// How the body ends, given the request's method.
    public private(set) var framing = BodyFraming.none
    /// Whether the connection may carry another request after this response; false whenever the body ends with the connection.
    public private(set) var keepAlive = true

    /// Whether another response to the same request follows (RFC 9110 section 15.2); 101 ends the exchange and is none of these.
    public var isInterim: Bool { status < 200 && status != 101 }
    /// Whether the bytes after this head belong to the protocol that was asked for.
    public var switchesProtocols: Bool { status == 101 }

    /// A head for at most `capacity` field lines.
    public init(capacity: Int = FieldTable.defaultCapacity) { fields = FieldTable(capacity: capacity) }

    /// Parses the head that starts at the first byte of `bytes` and answers a request of method `method`.
    ///
    /// A response that cannot have a body (1xx, 204, 304, any to HEAD) has none whatever its fields say; in 1xx and 204 a
    /// `Content-Length` is a fault of the sender and is marked as not to be sent on (RFC 9110 section 8.6).
    public func parse(_ bytes: ByteView, answering method: RequestMethod, limits: HTTP1Limits = .default) -> HeadOutcome {
        let end = min(bytes.count, limits.headBytes)
        fields.removeAll()
        let fieldStart: Int
        switch parseStatusLine(bytes.base, to: end) {
        case .done(let offset): fieldStart = offset
        case .incomplete: return incomplete(bytes, limits)
        case .invalid(let fault): return .invalid(fault)
        }
        switch FieldSection.parse(bytes, from: fieldStart, to: end, into: fields, limit: limits.fields) {
        case .incomplete: return incomplete(bytes, limits)
        case .invalid(let fault): return .invalid(fault)
        case .complete(let headBytes):
            if let fault = interpret(bytes, method, limits) { return .invalid(fault) }
            return .complete(headBytes: headBytes)
        }
    }

    private func incomplete(_ bytes: ByteView, _ limits: HTTP1Limits) -> HeadOutcome {
        bytes.count >= limits.headBytes ? .invalid(.headTooLarge) : .incomplete
    }

    /// Version, space, three digits, and an optional phrase (RFC 9112 section 4); answers the offset of the first field line.
    private func parseStatusLine(_ base: UnsafePointer<UInt8>, to end: Int) -> Step {
        switch HTTPVersion.parse(base, from: 0, to: end) {
        case .done(let minor): minorVersion = UInt8(truncatingIfNeeded: minor)
        case let stop: return stop
        }
        var index = HTTPVersion.byteCount
        guard index < end else { return .incomplete }
        guard base[index] == Byte.space else { return .invalid(.malformedStatusLine) }
        var code = 0
        for offset in 1...3 {
            guard index &+ offset < end else { return .incomplete }
            guard ASCII.isDigit(base[index &+ offset]) else { return .invalid(.invalidStatus) }
            code = code &* 10 &+ Int(base[index &+ offset] &- 48)
        }
        guard (100...599).contains(code) else { return .invalid(.invalidStatus) }
        status = code
        index &+= 4
        guard index < end else { return .incomplete }
        if base[index] == Byte.space { index = ByteScan.endOfValue(base, from: index, to: end) }
        guard index < end else { return .incomplete }
        guard base[index] == Byte.cr else { return .invalid(base[index] == Byte.lf ? .bareLineBreak : .malformedStatusLine) }
        guard index &+ 1 < end else { return .incomplete }
        return base[index &+ 1] == Byte.lf ? .done(index &+ 2) : .invalid(.bareLineBreak)
    }

    private func interpret(_ bytes: ByteView, _ method: RequestMethod, _ limits: HTTP1Limits) -> HTTP1Fault? {
        var declared: BodyFraming?
        if fields.containsAny(of: MessageFraming.framingFields) {
            switch MessageFraming.parse(bytes, fields, minorVersion: minorVersion) {
            case .success(let parsed): declared = parsed
            case .failure(let fault): return fault
            }
        }
        if status < 200 || status == 204 {
            fields.drop(.contentLength)
            framing = .none
        } else if status == 304 || method == .head {
            framing = .none
        } else {
            framing = declared ?? .untilClose
        }
        var options = ConnectionOptions()
        if fields.contains(.connection), let fault = options.read(bytes, fields, limit: limits.connectionOptions) { return fault }
        // A body announced where none may be: whether its bytes follow is anybody's guess, so nothing is read after this
        // response.
        let isDubious = status == 204 && declared != nil && declared != BodyFraming.none
        keepAlive = options.persists(minorVersion: minorVersion) && framing != .untilClose && !isDubious
        return nil
    }
}
