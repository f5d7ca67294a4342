public import Bytes

/// Tells when parsing an incomplete head again is worth it, so that a head that arrives in drips costs linear time.
///
/// It remembers how far it has looked. Use: parse; on `incomplete` append what arrives to the same buffer and parse again only
/// when `shouldParse` says so. `reset` for the next head.
public struct HeadEndScanner: Sendable {
    private var searched = 0

    public init() {}

    /// Forgets what was searched, for a buffer that starts with another head.
    public mutating func reset() { searched = 0 }

    /// Whether the bytes not yet looked at complete a blank line or hold a fault of line breaks, or all bytes reach the limit
    /// of a head.
    public mutating func shouldParse(_ bytes: ByteView, limits: HTTP1Limits = .default) -> Bool {
        if bytes.count >= limits.headBytes { return true }
        while let feed = bytes.firstIndex(of: Byte.lf, from: searched) {
            searched = feed &+ 1
            // A line feed without its carriage return can only be refused; a line of nothing but CRLF may end the head.
            if feed == 0 || bytes.base[feed &- 1] != Byte.cr { return true }
            if feed == 1 || bytes.base[feed &- 2] == Byte.lf { return true }
        }
        searched = bytes.count
        return false
    }
}
