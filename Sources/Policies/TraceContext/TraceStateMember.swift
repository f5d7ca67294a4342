import Bytes

/// The grammar of one `tracestate` member (sections 3.3.1.3.1 and 3.3.1.3.2).
enum TraceStateMember {
    private static let mostValueBytes = 256
    private static let mostKeyBytes = 256
    private static let mostTenantBytes = 241
    private static let mostSystemBytes = 14

    static func isValid(_ member: ByteView) -> Bool {
        guard let equals = member.firstIndex(of: UInt8(ascii: "=")) else { return false }
        return isKey(member[0, equals]) && isValue(member[equals &+ 1, member.count])
    }

    /// `lcalpha` and up to 255 more, or `tenant@system` where the tenant may begin with a digit.
    private static func isKey(_ key: ByteView) -> Bool {
        guard let at = key.firstIndex(of: UInt8(ascii: "@")) else { return isName(key, most: mostKeyBytes, digitFirst: false) }
        return isName(key[0, at], most: mostTenantBytes, digitFirst: true)
            && isName(key[at &+ 1, key.count], most: mostSystemBytes, digitFirst: false)
    }

    private static func isName(_ name: ByteView, most: Int, digitFirst: Bool) -> Bool {
        guard !name.isEmpty, name.count <= most else { return false }
        guard isLower(name[0]) || digitFirst && ASCII.isDigit(name[0]) else { return false }
        var index = 1
        while index < name.count {
            let byte = name[index]
            let isAllowed =
                isLower(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "/")
            if !isAllowed { return false }
            index &+= 1
        }
        return true
    }

    /// Printable ASCII without comma and equals sign, not ending in a space.
    private static func isValue(_ value: ByteView) -> Bool {
        guard !value.isEmpty, value.count <= mostValueBytes, value[value.count &- 1] != 0x20 else { return false }
        var index = 0
        while index < value.count {
            let byte = value[index]
            if byte < 0x20 || byte > 0x7e || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "=") { return false }
            index &+= 1
        }
        return true
    }

    private static func isLower(_ byte: UInt8) -> Bool { byte &- 97 < 26 }
}
