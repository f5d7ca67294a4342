import Bytes

/// What a text may be read as; `number` is both of its bits.
struct TextTypes: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = Self(rawValue: 1)
    static let boolean = Self(rawValue: 2)
    static let integer = Self(rawValue: 4)
    static let fraction = Self(rawValue: 8)
    static let string = Self(rawValue: 16)
    static let array = Self(rawValue: 32)
    static let object = Self(rawValue: 64)

    static let number: Self = [.integer, .fraction]
    static let scalars: Self = [.null, .boolean, .integer, .fraction, .string]
    static let structures: Self = [.array, .object]

    /// The type with a name of JSON Schema; nil for any other name.
    init?(named name: String) {
        switch name {
        case "null": self = .null
        case "boolean": self = .boolean
        case "integer": self = .integer
        case "number": self = .number
        case "string": self = .string
        case "array": self = .array
        case "object": self = .object
        default: return nil
        }
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }
}

/// How the text of a value is read, taken from its schema.
struct TextShape: Sendable {
    /// The shape of text no schema says anything of.
    static let text: Int32 = 0

    var types = TextTypes.string
    /// The shape of an array's elements.
    var element = TextShape.text
    /// The shape of members that are not named; those that are have theirs in the table of names.
    var additional = TextShape.text
    /// Whether the schema says anything of members that it does not name, or names none.
    var isOpen = false
    /// Whether the value is a file: never JSON, only counted.
    var isFile = false
    /// The bytes a file may have.
    var leastBytes = 0
    var mostBytes = Int.max
}
