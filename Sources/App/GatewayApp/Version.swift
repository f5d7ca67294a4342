/// What the program calls itself.
public enum Version {
    /// Semantic version of the release (https://semver.org).
    public static let current = "0.1.0"
}
