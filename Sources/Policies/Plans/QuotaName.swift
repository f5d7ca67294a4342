import Bytes

/// What a quota may be called: 1 to 4 parts with dots between, each 1 to 64 letters, digits, hyphens and underscores.
///
/// A path parameter becomes a part of a name only if it is one: a dot would shift the parts.
enum QuotaName {
    static let mostParts = 4
    static let mostPartBytes = 64
    static let mostBytes = mostParts * (mostPartBytes + 1) - 1

    static func isPart(_ text: ByteView) -> Bool {
        guard !text.isEmpty, text.count <= mostPartBytes else { return false }
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

    static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count <= mostParts && parts.allSatisfy { String($0).withByteView { isPart($0) } }
    }
}
