/// A run of entries in one of a program's tables.
struct Run: BitwiseCopyable, Hashable {
    var start: Int32 = 0
    var count: Int32 = 0

    var indices: Range<Int32> { start..<start + count }
}

/// The kinds of values a schema allows, one bit each.
struct TypeSet: OptionSet, BitwiseCopyable, Hashable {
    let rawValue: UInt8

    static let object = TypeSet(rawValue: 1)
    static let array = TypeSet(rawValue: 2)
    static let string = TypeSet(rawValue: 4)
    static let number = TypeSet(rawValue: 8)
    static let boolean = TypeSet(rawValue: 16)
    static let null = TypeSet(rawValue: 32)
    /// Numbers without a fraction only.
    static let integer = TypeSet(rawValue: 64)
    static let any: TypeSet = [.object, .array, .string, .number, .boolean, .null]
    static let none: TypeSet = []

    static let names: [(name: String, type: TypeSet)] = [
        ("object", .object), ("array", .array), ("string", .string), ("number", .number), ("integer", .integer),
        ("boolean", .boolean), ("null", .null),
    ]

    /// The type with a name of JSON Schema, or nil.
    init?(named name: String) {
        guard let entry = Self.names.first(where: { $0.name == name }) else { return nil }
        self = entry.type
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The names of the types in the set: `string or null`.
    var text: String { Self.names.filter { contains($0.type) }.map(\.name).joined(separator: " or ") }
}

/// Indices that mean something else than a table entry.
enum Schema {
    /// No rule: everything is allowed.
    static let any: Int32 = -1
    /// Nothing is allowed.
    static let never: Int32 = -2
}

/// One schema: what each kind of value must satisfy, as indices into the tables of rules; -1 where there is no rule.
struct SchemaNode: BitwiseCopyable {
    var types = TypeSet.any
    var object: Int32 = -1
    var array: Int32 = -1
    var string: Int32 = -1
    var number: Int32 = -1
    var general: Int32 = -1
}

struct ObjectRule: BitwiseCopyable {
    /// Entries of the table of properties.
    var properties = Run()
    /// Slots of the hash table over them: one more than an offset into `properties`, 0 for a free one.
    var slots = Run()
    /// Bits of the first 64 required names.
    var required: UInt64 = 0
    /// Offsets into `properties` of the required names beyond those.
    var furtherRequired = Run()
    /// The schema of members that are not declared.
    var additional = Schema.any
    var propertyNames = Schema.any
    var minProperties: Int32 = 0
    var maxProperties = Int32.max
    /// Entries of the table of dependencies.
    var dependencies = Run()
    /// Whether members have to be looked at one by one.
    var walksMembers = false
}

struct Property: BitwiseCopyable {
    /// The name's bytes in the program's text.
    var start: Int32
    var length: Int32
    /// The name's first and last bytes as one word: see `NameWord`.
    var word: UInt64
    /// The schema of the value.
    var schema: Int32
    /// The bit in `ObjectRule.required`, 0 when there is none.
    var bit: UInt64
    /// False for a name that is only required, so that `additional` applies to it.
    var isDeclared: Bool
}

/// What the presence of one member asks of the object.
struct Dependency: BitwiseCopyable {
    /// The name in the program's text.
    var name: Run
    /// Names that must be there too, in the table of names.
    var required = Run()
    /// A schema the object must satisfy.
    var schema = Schema.any
}

struct ArrayRule: BitwiseCopyable {
    /// Schemas of the first elements, in the table of lists.
    var prefix = Run()
    var items = Schema.any
    var minItems: Int32 = 0
    var maxItems = Int32.max
    var isUnique = false
    var contains: Int32 = -3
    var minContains: Int32 = 1
    var maxContains = Int32.max

    /// The value of `contains` when the keyword is absent.
    static let noContains: Int32 = -3
}

struct StringRule: BitwiseCopyable {
    var minLength: Int32 = 0
    var maxLength = Int32.max
    var format: SchemaFormat?
}

struct NumberRule: BitwiseCopyable {
    var minimum = Bound()
    var maximum = Bound()
    /// One more than an index into the table of divisors, 0 for none.
    var multipleOf: Int32 = 0
    var format: NumberFormat?

    struct Bound: BitwiseCopyable {
        var isSet = false
        var isExclusive = false
        /// Whether `integer` is the exact value; otherwise only `double` is meant.
        var isInteger = false
        var integer: Int64 = 0
        var double: Double = 0
    }
}

/// A range of integers that OpenAPI's `format` asks of numbers.
enum NumberFormat: UInt8, BitwiseCopyable {
    case int32
    case int64

    var text: String { self == .int32 ? "int32" : "int64" }
}

/// Rules that apply to every kind of value.
struct GeneralRule: BitwiseCopyable {
    /// Entries of the table of constants, for `enum` and `const`.
    var anyConstant = Run()
    var hasEnum = false
    var constant: Int32 = -1
    var reference = Schema.any
    var allOf = Run()
    var anyOf = Run()
    var oneOf = Run()
    /// The schema that must not match; `Schema.never` when there is none.
    var not = Schema.never
    var condition: Int32 = -3
    var then = Schema.any
    var otherwise = Schema.any

    /// The value of `condition` when the keyword is absent.
    static let noCondition: Int32 = -3
}
