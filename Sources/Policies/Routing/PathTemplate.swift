/// A path with placeholders: the shape a route matches and the variables it captures.
public struct PathTemplate: Hashable, Sendable {
    /// One step of a path.
    public enum Segment: Hashable, Sendable {
        /// These bytes exactly, in the normal form of request paths (`LiteralSegment`).
        case literal(String)
        /// One segment that is not empty: `*`.
        case single
        /// Any number of segments, none included: `**`. Only literals may follow.
        case rest
    }

    /// A name bound to the segments it spans.
    public struct Variable: Hashable, Sendable {
        /// The field path as written, its parts joined by dots.
        public var field: String
        /// Index of the first segment.
        public var start: Int
        /// Index after the last segment; when the variable spans `**`, counted from the end of the path: -1 is the end itself.
        public var end: Int
        /// Whether it may span several segments, and so keeps `%2F` encoded (google.api.http).
        public var isMultiSegment: Bool

        public var spansRest: Bool { end < 0 }
    }

    public var segments: [Segment]
    /// The word after the last colon of the last segment; nil when there is none.
    public var verb: String?
    /// In the order of their first segments.
    public var variables: [Variable]

    /// The template without names, as conflicts are reported: `/v1/shelves/*:cancel`.
    public var shape: String {
        let steps = segments.map { segment in
            switch segment {
            case .literal(let text): "/" + text
            case .single: "/*"
            case .rest: "/**"
            }
        }
        return (steps.isEmpty ? "/" : steps.joined()) + (verb.map { ":" + $0 } ?? "")
    }

    /// Variables that span `**` end at a distance from the end of the path.
    mutating func anchorVariables() {
        for (index, variable) in variables.enumerated() where segments[variable.start..<variable.end].contains(.rest) {
            variables[index].end = variable.end - segments.count - 1
        }
    }
}

/// Why a text is no path template.
public struct TemplateFault: Error, Hashable, Sendable {
    /// A kebab-case word without dynamic text.
    public var code: String
    /// Offset into the UTF-8 bytes of the template.
    public var offset: Int
    /// What is wrong and how to fix it.
    public var message: String
}
