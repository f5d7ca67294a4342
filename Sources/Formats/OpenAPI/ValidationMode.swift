/// How strictly messages are held against their description.
public enum ValidationMode: String, Sendable, CaseIterable {
    /// Not looked at.
    case off
    /// What differs is noted, nothing is refused.
    case report
    /// What differs is refused.
    case enforce

    /// What documents and configurations call them.
    public static let words: KeyValuePairs<String, ValidationMode> = ["off": .off, "report": .report, "enforce": .enforce]
}
