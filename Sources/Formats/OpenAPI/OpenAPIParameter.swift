public import Documents

/// A declared parameter of an operation, a header of an answer, or a header of a part of a multipart body.
public struct OpenAPIParameter: Sendable {
    /// Where a parameter stands in a request.
    public enum Location: String, Sendable, CaseIterable {
        case path, query, header, cookie
    }

    /// How a value that is not JSON is written as text (OpenAPI 3.1.1 section 4.8.12.3).
    public enum Style: String, Sendable, CaseIterable {
        case matrix, label, form, simple, spaceDelimited, pipeDelimited, deepObject

        /// The styles that a location may have, its default first.
        public static func allowed(in location: Location) -> [Style] {
            switch location {
            case .path: [.simple, .label, .matrix]
            case .query: [.form, .spaceDelimited, .pipeDelimited, .deepObject]
            case .header: [.simple]
            case .cookie: [.form]
            }
        }
    }

    /// As written; names of headers do not differ by case.
    public let name: String
    public let location: Location
    /// True for every path parameter, whatever the document says: without it the path is another one.
    public let isRequired: Bool
    public let style: Style
    /// Whether elements and members are written apart; by default only in the style `form`.
    public let explodes: Bool
    /// Whether characters reserved in URIs stand for themselves in the value.
    public let allowsReserved: Bool
    /// Whether the parameter may be there without a value.
    public let allowsEmptyValue: Bool
    /// The schema of the value; nil when the document says nothing of it, or says it by `content`.
    public let schema: SourceNode?
    /// The one media type the value is written in; nil when it is written by `style`.
    public let content: OpenAPIMediaType?
    /// The parameter object, for findings.
    public let node: SourceNode
}
