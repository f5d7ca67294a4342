/// Text with `{path parameters}` in it, such as `{module}.{model}.read`.
public struct ValueTemplate: Hashable, Sendable {
    /// A piece of the text.
    public enum Part: Hashable, Sendable {
        case literal(String)
        case parameter(String)
    }

    /// The template as written.
    public let text: String
    public let parts: [Part]

    /// Nil when braces do not pair up, or a name between them is empty.
    public init?(_ text: String) {
        self.text = text
        var parts: [Part] = []
        var rest = Substring(text)
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else { return nil }
            let name = rest[rest.index(after: open)..<close]
            guard !name.isEmpty, !name.contains("{") else { return nil }
            if open > rest.startIndex { parts.append(.literal(String(rest[..<open]))) }
            parts.append(.parameter(String(name)))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        self.parts = parts
    }

    /// The parameters in order.
    public var parameters: [String] {
        parts.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }

    /// The whole text when it has no parameters; nil otherwise.
    public var constant: String? { parameters.isEmpty ? text : nil }
}
