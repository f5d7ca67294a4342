import Bytes

/// Takes a `multipart/form-data` body apart in place (RFC 7578, RFC 2046 section 5.1).
struct MultipartReader {
    /// Bytes of a boundary (RFC 2046 section 5.1.1).
    static let maximumBoundary = 70
    /// Bytes of the header of one part: three short fields, and the names of files.
    static let maximumHeader = 8192

    private let body: ByteView
    private let boundary: ByteView
    private var at: Int

    /// One part, as views of the body.
    struct Part {
        /// Header lines with their CRLFs.
        var header: ByteView
        /// Where the content is in the body.
        var content: ByteRange
    }

    enum Outcome {
        case part(Part)
        case end
        case malformed
    }

    /// Nil when the boundary is none, or the body does not start with it; text before the first boundary is skipped.
    init?(_ body: ByteView, boundary: ByteView) {
        guard boundary.count > 0, boundary.count <= Self.maximumBoundary else { return nil }
        self.body = body
        self.boundary = boundary
        at = 0
        guard let start = delimiter(from: 0) else { return nil }
        at = start &+ 2 &+ boundary.count
    }

    /// The next part. After `end` and `malformed` there is none.
    mutating func next() -> Outcome {
        if at &+ 2 <= body.count, body[at, at &+ 2] == "--" { return .end }
        while at < body.count, body[at] == 0x20 || body[at] == 0x09 { at &+= 1 }
        guard at &+ 2 <= body.count, body[at, at &+ 2] == "\r\n" else { return .malformed }
        let header = at &+ 2
        guard let content = headerEnd(from: header), let end = delimiter(from: content &- 2), end &- 2 >= content &- 2 else {
            return .malformed
        }
        at = end &+ 2 &+ boundary.count
        // A part without content shares the line break that ends its header.
        return .part(Part(header: body[header, content &- 2], content: ByteRange(content, max(content, end &- 2))))
    }

    /// The offset behind the empty line that ends a header.
    private func headerEnd(from start: Int) -> Int? {
        var line = start
        let limit = min(body.count, start &+ Self.maximumHeader)
        while let end = body.firstIndex(of: 0x0d, from: line), end &+ 1 < limit {
            guard body[end &+ 1] == 0x0a else { return nil }
            if end == line { return end &+ 2 }
            line = end &+ 2
        }
        return nil
    }

    /// The offset of the two hyphens of the next boundary, which stand at the body's start or behind CRLF.
    private func delimiter(from start: Int) -> Int? {
        var search = start
        while let hyphen = body.firstIndex(of: UInt8(ascii: "-"), from: search) {
            let end = hyphen &+ 2 &+ boundary.count
            guard end <= body.count else { return nil }
            let isAtLine = hyphen == 0 || hyphen >= 2 && body[hyphen &- 2, hyphen] == "\r\n"
            if isAtLine, body[hyphen &+ 1] == UInt8(ascii: "-"), body[hyphen &+ 2, end] == boundary, isDelimiterEnd(end) {
                return hyphen
            }
            search = hyphen &+ 1
        }
        return nil
    }

    /// A longer line that starts like the boundary is content.
    private func isDelimiterEnd(_ end: Int) -> Bool {
        var next = end
        if next &+ 2 <= body.count, body[next, next &+ 2] == "--" { next &+= 2 }
        while next < body.count, body[next] == 0x20 || body[next] == 0x09 { next &+= 1 }
        return next == body.count || next &+ 2 <= body.count && body[next, next &+ 2] == "\r\n"
    }
}

extension MultipartReader.Part {
    /// The value of a header field without blanks around it; nil when it is not there.
    func field(_ name: ByteView) -> ByteView? {
        var at = 0
        while at < header.count {
            let end = header.firstIndex(of: 0x0d, from: at) ?? header.count
            let line = header[at, end]
            at = end &+ 2
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), line[0, colon].equalsIgnoringCase(name) else { continue }
            return line[colon &+ 1, line.count].trimmingBlanks
        }
        return nil
    }

    /// Appends the name of the form's member; false when the part has none. Escapes by a backslash are taken away.
    func appendName(to out: ByteWriter) -> Bool {
        guard let value = field(ByteView("content-disposition")), value.count >= 9,
            value[0, 9].equalsIgnoringCase("form-data")
        else { return false }
        guard let disposition = parameters(of: value).value(ByteView("name")) else { return false }
        var at = 0
        while at < disposition.count {
            if disposition[at] == UInt8(ascii: "\\"), at &+ 1 < disposition.count { at &+= 1 }
            out.append(disposition[at])
            at &+= 1
        }
        return true
    }

    var hasFileName: Bool {
        guard let value = field(ByteView("content-disposition")) else { return false }
        let parameters = parameters(of: value)
        return parameters.value(ByteView("filename")) != nil || parameters.value(ByteView("filename*")) != nil
    }

    private func parameters(of value: ByteView) -> MediaParameters {
        MediaParameters(value[value.firstIndex(of: UInt8(ascii: ";")) ?? value.count, value.count])
    }
}
