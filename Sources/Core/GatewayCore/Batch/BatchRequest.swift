public import Bytes
import HTTP1
public import HTTPSemantics
import TraceContext

/// A list of requests in one body, each to be answered through the whole pipeline:
/// `{"requests": [{"id", "method", "path", "headers", "body"}]}`.
///
/// Everything is copied out of the parsed body, so that its tape and its bytes are free for the requests themselves. Owned by one
/// exchange and reused; parsing allocates only while a list is larger than any before.
public final class BatchRequest {
    /// Requests of one list: what one screen of an application asks for, and a bound on what one request can set off.
    public static let maximumItems = 100
    /// Bytes of an id.
    public static let identifierBytes = 64
    /// Bytes of path and query: the default of `limits.target_bytes`.
    public static let targetBytes = 8 << 10
    /// Headers of one request beside those all requests of the list share.
    public static let headersPerItem = 16
    /// Bytes of a header's value.
    public static let headerValueBytes = 4 << 10
    /// Bytes of a header's name.
    public static let headerNameBytes = 64

    /// One request of the list, as ranges of the copied text.
    struct Item {
        var id = ByteRange.empty
        var method = RequestMethod.get
        var target = ByteRange.empty
        var firstHeader = 0
        var headerCount = 0
        /// Empty when there is no body.
        var body = ByteRange.empty
        var hasContentType = false
    }

    struct Header {
        var name: ByteRange
        var value: ByteRange
    }

    var items: ContiguousArray<Item> = []
    var headers: ContiguousArray<Header> = []
    let text = ByteWriter(capacity: 4096)
    let scratch = ByteWriter(capacity: 512)

    /// A list that holds nothing yet.
    public init() {}

    /// Requests in the list.
    public var count: Int { items.count }

    /// The id of a request, or its position in decimal where it has none; traps outside `0..<count`.
    public func id(_ index: Int) -> ByteView { text.view[items[index].id] }

    /// The method of a request; traps outside `0..<count`.
    public func method(_ index: Int) -> RequestMethod { items[index].method }

    /// Path and query of a request as given; traps outside `0..<count`.
    public func target(_ index: Int) -> ByteView { text.view[items[index].target] }

    /// The JSON body of a request, empty when it has none; traps outside `0..<count`. Valid until the next `parse`.
    public func body(_ index: Int) -> ByteView { text.view[items[index].body] }

    /// Forgets the list; memory that one large list needed is given back.
    public func removeAll() {
        items.removeAll(keepingCapacity: true)
        headers.removeAll(keepingCapacity: true)
        text.removeAll(keepingAtMost: Self.retainedBytes)
    }

    /// Text kept between lists.
    private static let retainedBytes = 64 << 10

    /// Appends the HTTP/1.1 head of a request: its own line and headers, and what the whole list brings — authority, credentials,
    /// what proxies said of the client, trace and request id. Traps outside `0..<count`.
    public func writeHead(of index: Int, in outer: RequestContext, to out: ByteWriter) {
        let item = items[index]
        out.append(item.method.token)
        out.append(" ")
        out.append(text.view[item.target])
        out.append(" HTTP/1.1\r\nhost: ")
        out.append(outer.authority)
        out.append("\r\n")
        for header in headers[item.firstHeader..<item.firstHeader + item.headerCount] {
            HeadWriter.appendField(text.view[header.name], text.view[header.value], to: out)
        }
        if !item.body.isEmpty {
            if !item.hasContentType { out.append("content-type: application/json\r\n") }
            out.append("content-length: ")
            out.append(decimal: item.body.count)
            out.append("\r\n")
        }
        outer.appendShared(to: out)
        out.append("\r\n")
    }

}

extension RequestContext {
    /// Fields that every request of a list takes from the list itself; no request can bring its own.
    static let sharedFields: FieldNameSet = [
        .authorization, .userAgent, .forwarded, .xForwardedFor, .xForwardedProto, .xForwardedHost, .xForwardedPort,
    ]

    fileprivate func appendShared(to out: ByteWriter) {
        let bytes = headBytes.view
        for index in 0..<head.fields.count {
            let line = head.fields[index]
            guard Self.sharedFields.contains(line.id) else { continue }
            HeadWriter.appendField(bytes[line.name], bytes[line.value], to: out)
        }
        out.append("x-request-id: ")
        requestID.append(to: out)
        out.append("\r\ntraceparent: ")
        trace.appendTraceparent(to: out)
        out.append("\r\n")
        appendTracestate(to: out)
    }
}
