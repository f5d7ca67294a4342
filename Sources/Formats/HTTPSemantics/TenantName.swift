public import Bytes

/// What a tenant's id may be: 1 to 128 letters, digits and `-._~`.
///
/// It becomes part of keys in a store that other programs read: a colon in it would make one tenant's key another's user, a brace
/// would steer which server of a cluster holds it.
public enum TenantName {
    public static let maximumBytes = 128
    /// The rule as findings tell it.
    public static let rule = "a tenant's id is 1 to \(maximumBytes) letters, digits and -._~"

    public static func isValid(_ text: ByteView) -> Bool {
        text.count <= maximumBytes && ByteClass.unreserved.matches(text)
    }

    /// The same of a string, off the hot path.
    public static func isValid(_ text: String) -> Bool { text.withByteView { isValid($0) } }
}
