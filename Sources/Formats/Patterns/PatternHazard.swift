/// Why a pattern could run away: an engine that matches by trying would take time out of all proportion to the text.
public struct PatternHazard: Equatable, Sendable {
    /// How the time grows.
    public enum Growth: String, Sendable {
        /// Doubling, or worse, with every few characters.
        case exponential
        /// With the fourth power of the text's length, or a higher one.
        case polynomial
        /// The pattern is too large to say.
        case unknown
    }

    public let growth: Growth
    /// Where in the pattern the repetition stands, in bytes of its UTF-8 form.
    public let offset: Int
    /// What is wrong and what to do about it, in plain words.
    public let message: String
}
