/// Why a pattern could run away: an engine that matches by trying would take time out of all proportion to the text.
public struct PatternHazard: Equatable, Sendable {
    /// How the time grows.
    public enum Growth: String, Sendable {
        /// Doubling, or worse, with every few characters.
        case exponential
        /// With the fourth power of the text's length, or a higher one.
        case polynomial
        /// With the text's length times that of a counted repeat, at every text.
        case counted
        /// The pattern has lookarounds or backreferences and is too large to say.
        case unknown
    }

    public let growth: Growth
    /// Where in the pattern the repetition stands, in bytes of its UTF-8 form.
    public let offset: Int
    /// What is wrong and what to do about it, in plain words.
    public let message: String

    init(_ growth: Growth, offset: Int) {
        self.growth = growth
        self.offset = offset
        message =
            switch growth {
            case .exponential:
                "the repetition can take the same text in more than one way, so that time can double with every character;"
                    + " write it so that each character has one place only"
            case .polynomial:
                "repetitions one behind the other can take the same text; write a separator between them that none of them takes"
            case .counted: "the counted repeat can begin at every character of a text; begin the pattern with ^ or use maxLength"
            case .unknown: "the pattern is too large to tell whether it could run away; write it shorter or without lookarounds"
            }
    }
}
