public import Documents

/// A declared answer of an operation.
public struct OpenAPIResponse: Sendable {
    /// Which answers are meant.
    public enum Status: Hashable, Sendable {
        /// One status code, 100 to 599.
        case code(Int)
        /// All codes of a hundred: 4 for `4XX`.
        case range(Int)
        /// All that nothing else is said of.
        case `default`

        /// Nil for text that is none of the three.
        init?(_ text: String) {
            let bytes = Array(text.utf8)
            if text == "default" {
                self = .default
            } else if bytes.count == 3, bytes[0] &- 49 < 5, text.hasSuffix("XX") {
                self = .range(Int(bytes[0]) - 48)
            } else if bytes.count == 3, bytes[0] &- 49 < 5, let code = Int(text) {
                self = .code(code)
            } else {
                return nil
            }
        }
    }

    /// As written: `200`, `4XX` or `default`.
    public let status: String
    public let match: Status
    /// Declared headers; `Content-Type` is not among them, which the media types say.
    public let headers: [OpenAPIParameter]
    /// In document order; nil when the document says nothing of a body, empty when there must be none.
    public let content: [OpenAPIMediaType]?
    /// The response object, for findings.
    public let node: SourceNode
}
