import Bytes

/// The formats of strings that are checked.
enum SchemaFormat: String, BitwiseCopyable, CaseIterable {
    case uuid
    case date
    case dateTime = "date-time"
    case email

    /// Formats of JSON Schema and OpenAPI that constrain strings but are not checked; any other format is only a note.
    static let unchecked: Set<String> = [
        "time", "duration", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri", "uri-reference", "iri",
        "iri-reference", "uri-template",
        "json-pointer", "relative-json-pointer", "regex", "byte",
    ]

    /// Whether the unescaped text has the format.
    func matches(_ text: ByteView) -> Bool {
        switch self {
        case .uuid: Self.isUUID(text)
        case .date: text.count == 10 && DateText.isDate(text)
        case .dateTime: DateText.isDateTime(text)
        case .email: EmailText.isAddress(text)
        }
    }

    /// RFC 9562: 32 hexadecimal digits of either case in five groups.
    private static func isUUID(_ text: ByteView) -> Bool {
        guard text.count == 36 else { return false }
        var index = 0
        while index < 36 {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                if text[index] != UInt8(ascii: "-") { return false }
            } else if ASCII.hexValue(text[index]) == nil {
                return false
            }
            index &+= 1
        }
        return true
    }
}
