import Bytes
import HTTPSemantics

/// What `Content-Length` and `Transfer-Encoding` say about a body, strictly (RFC 9112 sections 6.1 to 6.3).
///
/// Two parties that disagree on where a message ends are what request smuggling is made of. So: one `Content-Length` line with
/// one number (a second line or a list is refused even when all agree), one `Transfer-Encoding` line that says `chunked` and
/// nothing else, never both, and no transfer coding before HTTP/1.1.
enum MessageFraming {
    static let framingFields: FieldNameSet = [.contentLength, .transferEncoding]

    /// The framing; nil when neither field is there.
    static func parse(_ bytes: ByteView, _ fields: FieldTable, minorVersion: UInt8) -> Result<BodyFraming?, HTTP1Fault> {
        if let coding = fields.first(.transferEncoding) {
            if minorVersion == 0 { return .failure(.transferEncodingBeforeHTTP11) }
            if fields.contains(.contentLength) { return .failure(.lengthAndTransferEncoding) }
            if fields.isRepeated(.transferEncoding) { return .failure(.repeatedTransferEncoding) }
            let value = bytes[coding.value]
            if value.equalsIgnoringCase("chunked") { return .success(.chunked) }
            return .failure(codingFault(value))
        }
        guard let line = fields.first(.contentLength) else { return .success(nil) }
        if fields.isRepeated(.contentLength) { return .failure(.repeatedContentLength) }
        let value = bytes[line.value]
        guard let length = contentLength(value) else {
            return .failure(value.firstIndex(of: UInt8(ascii: ",")) == nil ? .invalidContentLength : .repeatedContentLength)
        }
        return .success(length == 0 ? BodyFraming.none : .length(length))
    }

    /// Digits only, at most `Int64.max` so that offsets computed from it cannot overflow.
    static func contentLength(_ value: ByteView) -> UInt64? {
        guard value.count > 0 else { return nil }
        var length: UInt64 = 0
        var index = 0
        while index < value.count {
            let digit = value.base[index] &- 48
            guard digit < 10, length <= (UInt64(Int64.max) - UInt64(digit)) / 10 else { return nil }
            length = length &* 10 &+ UInt64(digit)
            index &+= 1
        }
        return length
    }

    /// A list of tokens that ends in its only `chunked` is well framed, and only its codings are unknown; anything else is
    /// malformed.
    private static func codingFault(_ value: ByteView) -> HTTP1Fault {
        var elements = ListElements(value)
        var codings = 0
        var chunked = 0
        var endsChunked = false
        while let element = elements.next() {
            guard ByteClass.token.matches(element) else { return .invalidTransferEncoding }
            endsChunked = element.equalsIgnoringCase("chunked")
            codings += 1
            chunked += endsChunked ? 1 : 0
        }
        return codings > 1 && chunked == 1 && endsChunked ? .unknownTransferCoding : .invalidTransferEncoding
    }
}
