public import Bytes
import HTTP1
import HTTPSemantics
import JSON
import Transcoding

/// The answers to a list of requests, collected in any order and written in the order of the list:
/// `{"responses": [{"id", "status", "headers", "body"}]}`.
///
/// A JSON body stands in it as it is, any other as base64 with `"encoding": "base64"`; a request without content has no `body`.
/// Owned by one exchange and reused.
public final class BatchResponse {
    /// Bytes of all answers together; what is more would be held in memory for one caller. Answers of `smallBytes` are taken beyond
    /// it, so that one that is not can always be replaced by a problem document.
    public static let maximumBytes = 16 << 20
    /// Bytes of fields and of content of an answer that is always taken.
    public static let smallBytes = 4 << 10
    /// Bytes kept between lists.
    private static let retainedBytes = 64 << 10

    private struct Field {
        var name: ByteRange
        var value: ByteRange
    }

    private let fragments = ByteWriter(capacity: 4096)
    private let fieldText = ByteWriter(capacity: 1024)
    private let tape = JSONTape()
    private var ranges: ContiguousArray<ByteRange> = []
    private var fields: ContiguousArray<Field> = []
    private var contentType = ByteRange.empty
    private var missing = 0
    private var hasFailure = false

    /// No answers yet.
    public init() {}

    /// Starts over for a list of `count` requests.
    public func begin(count: Int) {
        fragments.removeAll(keepingAtMost: Self.retainedBytes)
        ranges.removeAll(keepingCapacity: true)
        for _ in 0..<count { ranges.append(.empty) }
        missing = count
        hasFailure = false
        beginAnswer()
    }

    /// Whether every request has its answer.
    public var isComplete: Bool { missing == 0 }

    /// 200 when every answer is a success (below 400), 207 otherwise.
    public var status: Int { hasFailure ? 207 : 200 }

    /// Forgets the fields of an answer that was begun.
    public func beginAnswer() {
        fields.removeAll(keepingCapacity: true)
        fieldText.removeAll()
        contentType = .empty
    }

    /// Notes a header field of the answer that `finish` completes; fields of the connection, of the framing and cookies are left out.
    public func field(_ name: ByteView, _ value: ByteView) {
        let known = FieldName(recognising: name)
        guard !Self.dropped.contains(known) else { return }
        let start = fieldText.count
        for index in 0..<name.count { fieldText.append(ASCII.lowercased(name[index])) }
        let middle = fieldText.count
        fieldText.append(value)
        let range = ByteRange(middle, fieldText.count)
        if known == .contentType { contentType = range }
        fields.append(Field(name: ByteRange(start, middle), value: range))
    }

    /// Completes the answer to the request at `index` of the list with the fields noted; false, and nothing taken, when it does not
    /// fit `maximumBytes`, is there already or is not in the list.
    public func finish(_ index: Int, id: ByteView, status: Int, body: ByteView) -> Bool {
        defer { beginAnswer() }
        guard ranges.indices.contains(index), ranges[index].isEmpty else { return false }
        let start = fragments.count
        // Base64 takes four bytes for three, an escape six for one.
        let fits = start + body.count * 4 / 3 + fieldText.count * 6 + id.count * 6 + 128 <= Self.maximumBytes
        guard fits || max(body.count, fieldText.count) <= Self.smallBytes else { return false }
        fragments.append("{\"id\":")
        fragments.append(jsonString: id)
        fragments.append(",\"status\":")
        fragments.append(decimal: status)
        writeFields()
        write(body)
        fragments.append(UInt8(ascii: "}"))
        ranges[index] = ByteRange(start, fragments.count)
        missing -= 1
        if status >= 400 { hasFailure = true }
        return true
    }

    /// Appends the whole document; a request without an answer is left out.
    public func write(to out: ByteWriter) {
        out.append("{\"responses\":[")
        var isFirst = true
        for range in ranges where !range.isEmpty {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            out.append(fragments.view[range])
        }
        out.append("]}")
    }

    /// Fields of one name become one member, their values joined as RFC 9110 section 5.3 allows.
    private func writeFields() {
        fragments.append(",\"headers\":{")
        let text = fieldText.view
        var isFirst = true
        for index in fields.indices {
            let name = text[fields[index].name]
            if fields[..<index].contains(where: { text[$0.name] == name }) { continue }
            if !isFirst { fragments.append(UInt8(ascii: ",")) }
            isFirst = false
            fragments.append(jsonString: name)
            fragments.append(":\"")
            fragments.append(jsonEscaped: text[fields[index].value])
            for other in fields[(index + 1)...] where text[other.name] == name {
                fragments.append(", ")
                fragments.append(jsonEscaped: text[other.value])
            }
            fragments.append(UInt8(ascii: "\""))
        }
        fragments.append(UInt8(ascii: "}"))
    }

    private func write(_ body: ByteView) {
        guard !body.isEmpty else { return }
        // What calls itself JSON and is not would break the whole document.
        if fieldText.view[contentType].isJSONType, tape.parse(body, limits: Self.bodyLimits) == nil {
            fragments.append(",\"body\":")
            return fragments.append(body)
        }
        fragments.append(",\"encoding\":\"base64\",\"body\":\"")
        fragments.append(base64Encoded: body)
        fragments.append(UInt8(ascii: "\""))
    }

    /// An upstream may repeat names; that is between it and the client.
    private static let bodyLimits = JSONLimits(rejectDuplicateNames: false)

    private static let dropped = HopByHop.fields.union([
        .trailer, .contentLength, .date, .server, .via, .setCookie, .xRequestID, .traceparent, .tracestate,
    ])
}
