public import Bytes
public import HTTPSemantics

/// One message of a transcript, copied out of the bytes.
public struct HTTP1Message: Equatable, Sendable {
    /// Method of a request, as sent; nil in a response.
    public var method: String?
    /// Target of a request, as sent; nil in a response.
    public var target: String?
    /// Status of a response; nil in a request.
    public var status: Int?
    /// Names as sent and values without the whitespace around them, in order.
    public var headers: [(name: [UInt8], value: [UInt8])] = []
    /// The body without its transfer coding.
    public var body: [UInt8] = []
    /// The trailer lines that may be sent on, each with its CRLF.
    public var trailers: [UInt8] = []
    /// Whether another message may follow on the connection.
    public var keepAlive = true

    public static func == (left: HTTP1Message, right: HTTP1Message) -> Bool {
        left.method == right.method && left.target == right.target && left.status == right.status && left.body == right.body
            && left.trailers == right.trailers && left.keepAlive == right.keepAlive
            && left.headers.elementsEqual(right.headers) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// A byte string cut into messages by the parsers the gateway serves with; for tests and diagnosis, off the hot path.
public struct HTTP1Transcript: Sendable {
    public enum Role: String, Sendable {
        case request, response
    }

    /// The whole messages, in order.
    public private(set) var messages: [HTTP1Message] = []
    /// The bytes after the last whole message: the start of another, bytes after a fault, or what follows the last message of a
    /// connection.
    public private(set) var rest: [UInt8] = []
    /// Why the rest is refused; nil when it is merely incomplete or after the connection's end.
    public private(set) var fault: HTTP1Fault?

    /// Cuts `bytes` from their start up to the first incomplete or refused message, or the first that ends its connection.
    ///
    /// Responses answer requests of `method`. A response that ends with its connection takes all bytes as its body.
    public static func messages(
        _ bytes: ByteView, role: Role, method: RequestMethod = .get, limits: HTTP1Limits = .default
    ) -> HTTP1Transcript {
        var transcript = HTTP1Transcript()
        var offset = 0
        while offset < bytes.count {
            let left = bytes[offset, bytes.count]
            let length =
                switch role {
                case .request: transcript.takeRequest(left, limits)
                case .response: transcript.takeResponse(left, method, limits)
                }
            guard let length else { break }
            offset += length
            if transcript.messages.last?.keepAlive == false { break }
        }
        transcript.rest = Array(bytes[offset, bytes.count])
        return transcript
    }

    private mutating func takeRequest(_ bytes: ByteView, _ limits: HTTP1Limits) -> Int? {
        let head = RequestHead()
        guard let headBytes = completed(head.parse(bytes, limits: limits)) else { return nil }
        var message = HTTP1Message()
        message.method = String(bytes[head.methodRange])
        message.target = String(bytes[head.targetRange])
        message.keepAlive = head.keepAlive
        return take(&message, bytes, head.fields, headBytes, head.framing, limits)
    }

    private mutating func takeResponse(_ bytes: ByteView, _ method: RequestMethod, _ limits: HTTP1Limits) -> Int? {
        let head = ResponseHead()
        guard let headBytes = completed(head.parse(bytes, answering: method, limits: limits)) else { return nil }
        var message = HTTP1Message()
        message.status = head.status
        message.keepAlive = (head.keepAlive || head.isInterim) && !head.switchesProtocols
        return take(&message, bytes, head.fields, headBytes, head.framing, limits)
    }

    private mutating func completed(_ outcome: HeadOutcome) -> Int? {
        switch outcome {
        case .complete(let headBytes): return headBytes
        case .incomplete: return nil
        case .invalid(let fault):
            self.fault = fault
            return nil
        }
    }

    /// Adds headers and body, and the message when it is whole; answers the bytes it takes.
    private mutating func take(
        _ message: inout HTTP1Message, _ bytes: ByteView, _ fields: FieldTable, _ headBytes: Int, _ framing: BodyFraming,
        _ limits: HTTP1Limits
    ) -> Int? {
        for index in 0..<fields.count {
            message.headers.append((Array(bytes[fields[index].name]), Array(bytes[fields[index].value])))
        }
        var end = headBytes
        switch framing {
        case .none: break
        case .untilClose: end = bytes.count
        case .length(let length):
            guard length <= UInt64(bytes.count - headBytes) else { return nil }
            end += Int(length)
        case .chunked:
            guard let bodyEnd = takeChunks(&message, bytes, from: headBytes, limits) else { return nil }
            end = bodyEnd
        }
        if framing != .chunked { message.body = Array(bytes[headBytes, end]) }
        messages.append(message)
        return end
    }

    private mutating func takeChunks(_ message: inout HTTP1Message, _ bytes: ByteView, from start: Int, _ limits: HTTP1Limits)
        -> Int?
    {
        var decoder = ChunkedDecoder()
        let trailers = ByteWriter()
        var offset = start
        while true {
            switch decoder.next(bytes, from: offset, trailers: trailers, limits: limits) {
            case .data(let range, let consumed):
                message.body += Array(bytes[range])
                offset = consumed
            case .needMore: return nil
            case .end(let consumed):
                message.trailers = Array(trailers.view)
                return consumed
            case .invalid(let fault):
                self.fault = fault
                return nil
            }
        }
    }
}
