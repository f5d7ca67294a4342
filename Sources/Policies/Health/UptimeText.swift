/// Durations as Go writes them, in whole seconds: `72h14m32s`, `1m0s`, `0s`.
public enum UptimeText {
    /// The text of a duration; a fraction of a second is cut off, and less than nothing counts as nothing.
    public static func text(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3600 { return "\(seconds / 60)m\(seconds % 60)s" }
        return "\(seconds / 3600)h\(seconds / 60 % 60)m\(seconds % 60)s"
    }
}
