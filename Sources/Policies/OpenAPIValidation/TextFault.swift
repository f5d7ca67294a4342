/// Why a text is no value, before any schema is asked.
enum TextFault: String {
    /// A `%` without two hexadecimal digits.
    case percentEncoding = "percent-encoding"
    case invalidUTF8 = "invalid-utf8"
    /// Not written the way its style asks for.
    case malformed
    /// There more than once, where one value is asked for.
    case repeated
    case invalidJSON = "invalid-json"
    case tooMany = "too-many-values"

    var message: String {
        switch self {
        case .percentEncoding: "A percent sign must be followed by two hexadecimal digits."
        case .invalidUTF8: "The text must be UTF-8."
        case .malformed: "The value is not written in the style that the description asks for."
        case .repeated: "The value may be there only once."
        case .invalidJSON: "The value must be JSON."
        case .tooMany: "There may be at most \(ValidationScratch.maximumPairs) values."
        }
    }
}
