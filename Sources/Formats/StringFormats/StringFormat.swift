public import Bytes
import Patterns

/// The values of `format` that say something about strings: those of JSON Schema 2020-12 section 7.3 and of OpenAPI's registry.
///
/// What the checks mean in detail is in `docs/patterns-and-formats.md`.
public enum StringFormat: String, BitwiseCopyable, CaseIterable, Sendable {
    case date
    case time
    case dateTime = "date-time"
    case duration
    case email
    case idnEmail = "idn-email"
    case hostname
    case idnHostname = "idn-hostname"
    case ipv4
    case ipv6
    case uri
    case uriReference = "uri-reference"
    case iri
    case iriReference = "iri-reference"
    case uuid
    case uriTemplate = "uri-template"
    case jsonPointer = "json-pointer"
    case relativeJSONPointer = "relative-json-pointer"
    case regex
    case byte
    case base64url
    case character = "char"
    case dateTimeLocal = "date-time-local"
    case timeLocal = "time-local"

    /// The format of that name; nil for one that says nothing about strings, known or not.
    public init?(_ name: String) { self.init(rawValue: name) }

    /// Formats of OpenAPI's registry that say something about numbers.
    public static let ofNumbers: Set<String> = [
        "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double", "double-int", "decimal",
        "decimal128",
    ]

    /// Formats of OpenAPI that every string has: notes to people and tools.
    public static let withoutRule: Set<String> = ["binary", "password", "commonmark", "html"]

    /// Whether the unescaped text, in UTF-8, has the format. Allocates nothing, but for `regex`.
    public func matches(_ text: ByteView) -> Bool {
        switch self {
        case .date: DateText.isDate(text)
        case .time: DateText.isTime(text)
        case .dateTime: DateText.isDateTime(text)
        case .duration: DurationText.isDuration(text)
        case .email: EmailText.isAddress(text, isInternational: false)
        case .idnEmail: EmailText.isAddress(text, isInternational: true)
        case .hostname: HostText.isHostname(text)
        case .idnHostname: HostText.isInternational(text)
        case .ipv4: AddressText.isIPv4(text)
        case .ipv6: AddressText.isIPv6(text)
        case .uri: URIText.isReference(text, isInternational: false, isAbsolute: true)
        case .uriReference: URIText.isReference(text, isInternational: false, isAbsolute: false)
        case .iri: URIText.isReference(text, isInternational: true, isAbsolute: true)
        case .iriReference: URIText.isReference(text, isInternational: true, isAbsolute: false)
        case .uuid: EncodedText.isUUID(text)
        case .uriTemplate: TemplateText.isTemplate(text)
        case .jsonPointer: PointerText.isPointer(text)
        case .relativeJSONPointer: PointerText.isRelative(text)
        case .regex: Pattern.isValid(String(text))
        case .byte: EncodedText.isBase64(text)
        case .base64url: EncodedText.isBase64URL(text)
        case .character: !text.isEmpty && CodePoints.next(text, 0).length == text.count
        case .dateTimeLocal: DateText.isLocalDateTime(text)
        case .timeLocal: DateText.isLocalTime(text)
        }
    }
}
