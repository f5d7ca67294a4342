import Bytes

/// What a part of a permission's name may be: 1 to 64 letters, digits, hyphens and underscores.
///
/// A path parameter becomes part of a name only if it satisfies this. A dot would shift the parts, and a star or an escape
/// could be read as more than a name.
enum PermissionSegment {
    static let mostBytes = 64

    static func isValid(_ text: ByteView) -> Bool {
        guard !text.isEmpty, text.count <= mostBytes else { return false }
        var index = 0
        while index < text.count {
            let byte = text[index]
            guard ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") else {
                return false
            }
            index &+= 1
        }
        return true
    }
}
