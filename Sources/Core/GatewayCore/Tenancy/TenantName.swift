public import Bytes

/// What a tenant's id may be: 1 to 128 letters, digits and `-._~`.
///
/// It becomes part of keys in a store that other programs read: a colon in it would make one tenant's key another's user, a brace
/// would steer which server of a cluster holds it.
public enum TenantName {
    public static let maximumBytes = 128

    public static func isValid(_ text: ByteView) -> Bool {
        guard !text.isEmpty, text.count <= maximumBytes else { return false }
        var index = 0
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): break
            default: guard ASCII.isLetter(byte) || ASCII.isDigit(byte) else { return false }
            }
            index &+= 1
        }
        return true
    }
}
