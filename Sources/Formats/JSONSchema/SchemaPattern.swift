import Bytes

/// A regular expression of `pattern` or `patternProperties`.
struct SchemaPattern: Sendable {
    enum Outcome { case match, noMatch, gaveUp }

    nonisolated(unsafe) private let expression: Regex<AnyRegexOutput>

    init?(_ source: String) {
        guard let expression = try? Regex(source) else { return nil }
        self.expression = expression.matchingSemantics(.unicodeScalar)
    }

    func matches(_ text: ByteView) -> Outcome { String(text).contains(expression) ? .match : .noMatch }
}
