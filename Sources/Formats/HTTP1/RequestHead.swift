public import Bytes
public import HTTPSemantics

/// The head of one HTTP/1.1 request, parsed in place and reused from request to request.
///
/// All ranges are offsets into the bytes given to `parse` and mean nothing without them. What the last `parse` left here is to
/// be read only when it answered `complete`. Parsing allocates nothing.
///
/// Strict where leniency makes two parties read different messages: see `HTTP1Fault` for all that is refused. HTTP/1.0 is
/// accepted with its own connection rules. Owned by one event loop; not thread-safe.
public final class RequestHead {
    public private(set) var method = RequestMethod.other
    /// The method as it was sent, for methods without a name.
    public private(set) var methodRange = ByteRange.empty
    /// The target as it was sent.
    public private(set) var targetRange = ByteRange.empty
    /// Form and parts of the target.
    public private(set) var target = RequestTarget(form: .origin, authority: .empty, pathAndQuery: .empty)
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    public private(set) var minorVersion: UInt8 = 1
    /// The field lines in order. Policies may drop lines and must not add any.
    public let fields: FieldTable
    /// How the body ends: never `untilClose` in a request.
    public private(set) var framing = BodyFraming.none
    /// Whether the connection may carry another request after this one.
    public private(set) var keepAlive = true
    /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
    public private(set) var expectsContinue = false
    /// Whether the client asks for another protocol: `Connection: upgrade` and an `Upgrade` field, in HTTP/1.1.
    public private(set) var requestsUpgrade = false
    /// Whether `TE` says that trailers are welcome in the response.
    public private(set) var acceptsTrailers = false

    private static let negotiationFields: FieldNameSet = [.expect, .upgrade, .te]

    /// A head for at most `capacity` field lines.
    public init(capacity: Int = FieldTable.defaultCapacity) { fields = FieldTable(capacity: capacity) }

    /// The host and port the request is for: the absolute target's or the `Host` field's; empty when an HTTP/1.0 request names
    /// none.
    public var authority: ByteRange {
        target.form == .absolute ? target.authority : fields.first(.host)?.value ?? .empty
    }

    /// Parses the head that starts at the first byte of `bytes`.
    ///
    /// While it answers `incomplete`, call it again with the same bytes and more; `HeadEndScanner` says when that is worth it.
    public func parse(_ bytes: ByteView, limits: HTTP1Limits = .default) -> HeadOutcome {
        let end = min(bytes.count, limits.headBytes)
        fields.removeAll()
        var line = RequestLine()
        let fieldStart: Int
        switch line.parse(bytes, to: end, limits: limits) {
        case .done(let offset): fieldStart = offset
        case .incomplete: return incomplete(bytes, limits)
        case .invalid(let fault): return .invalid(fault)
        }
        switch FieldSection.parse(bytes, from: fieldStart, to: end, into: fields, limit: limits.fields) {
        case .incomplete: return incomplete(bytes, limits)
        case .invalid(let fault): return .invalid(fault)
        case .complete(let headBytes):
            methodRange = line.method
            method = RequestMethod(token: bytes[line.method])
            targetRange = line.target
            minorVersion = line.minorVersion
            if let fault = interpret(bytes, limits) { return .invalid(fault) }
            return .complete(headBytes: headBytes)
        }
    }

    private func incomplete(_ bytes: ByteView, _ limits: HTTP1Limits) -> HeadOutcome {
        bytes.count >= limits.headBytes ? .invalid(.headTooLarge) : .incomplete
    }

    /// Reads what the lines mean for target, host, body and connection.
    private func interpret(_ bytes: ByteView, _ limits: HTTP1Limits) -> HTTP1Fault? {
        switch RequestTarget.parse(bytes, targetRange, method: method) {
        case .success(let parts): target = parts
        case .failure(let fault): return fault
        }
        if let fault = hostFault(bytes) { return fault }

        framing = .none
        if fields.containsAny(of: MessageFraming.framingFields) {
            switch MessageFraming.parse(bytes, fields, minorVersion: minorVersion) {
            case .success(let parsed): framing = parsed ?? .none
            case .failure(let fault): return fault
            }
        }

        var options = ConnectionOptions()
        if fields.contains(.connection), let fault = options.read(bytes, fields, limit: limits.connectionOptions) { return fault }
        keepAlive = options.persists(minorVersion: minorVersion)

        expectsContinue = false
        requestsUpgrade = false
        acceptsTrailers = false
        guard fields.containsAny(of: Self.negotiationFields), minorVersion >= 1 else { return nil }
        if fields.contains(.expect) {
            guard expectsOnlyContinue(bytes) else { return .unknownExpectation }
            expectsContinue = framing != .none
        }
        if options.upgrades, let line = fields.first(.upgrade) { requestsUpgrade = !line.value.isEmpty }
        acceptsTrailers = listsTrailers(bytes)
        return nil
    }

    /// Exactly one valid `Host` in HTTP/1.1, at most one in HTTP/1.0 (RFC 9112 section 3.2).
    ///
    /// An empty one is refused because an `http` URI without a host is invalid (RFC 9110 section 4.2.1), unless the target itself
    /// names the host and replaces it.
    private func hostFault(_ bytes: ByteView) -> HTTP1Fault? {
        guard let line = fields.first(.host) else { return minorVersion >= 1 ? .missingHost : nil }
        if fields.isRepeated(.host) { return .repeatedHost }
        if line.value.isEmpty, target.form == .absolute { return nil }
        return Authority.isValid(bytes[line.value]) ? nil : .invalidHost
    }

    private func expectsOnlyContinue(_ bytes: ByteView) -> Bool {
        var next = fields.firstIndex(.expect)
        while let index = next {
            if !bytes[fields[index].value].equalsIgnoringCase("100-continue") { return false }
            next = fields.nextIndex(.expect, after: index)
        }
        return true
    }

    private func listsTrailers(_ bytes: ByteView) -> Bool {
        var next = fields.firstIndex(.te)
        while let index = next {
            var elements = ListElements(bytes[fields[index].value])
            while let element = elements.next() {
                if element.equalsIgnoringCase("trailers") { return true }
            }
            next = fields.nextIndex(.te, after: index)
        }
        return false
    }
}
