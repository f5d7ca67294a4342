import Bytes
import JSON
import StringFormats

/// A run of entries in one of a program's tables.
struct Run: BitwiseCopyable, Hashable {
    var start: Int32 = 0
    var count: Int32 = 0

    var indices: Range<Int32> { start..<start + count }
}

/// The kinds of values a schema allows: a bit for what `JSONTape.Node.form` can be, so that one look tells whether a node has one of
/// them.
struct TypeSet: OptionSet, BitwiseCopyable, Hashable {
    let rawValue: UInt32

    static let object = TypeSet(.object)
    static let array = TypeSet(.array)
    /// Names of members are strings too.
    static let string: TypeSet = [TypeSet(.string), TypeSet(.key)]
    static let number: TypeSet = [.integer, TypeSet(rawValue: 1 << JSONTape.Node.fractionForm)]
    static let boolean: TypeSet = [TypeSet(.true), TypeSet(.false)]
    static let null = TypeSet(.null)
    /// Numbers written without a fraction and an exponent.
    static let integer = TypeSet(.number)
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

    init(rawValue: UInt32) { self.rawValue = rawValue }

    private init(_ kind: JSONKind) { rawValue = 1 << UInt32(kind.rawValue) }

    /// Whether a value is of one of the kinds; one like `1.0` is no integer here.
    @inline(always)
    func contains(_ value: JSONTape.Node) -> Bool { rawValue &>> value.form & 1 != 0 }

    /// The names of the types in the set: `string or null`.
    var text: String {
        Self.names.filter { contains($0.type) && ($0.type != .integer || !contains(.number)) }.map(\.name)
            .joined(separator: " or ")
    }
}

/// Indices that mean something else than a table entry.
enum Schema {
    /// No rule: everything is allowed.
    static let any: Int32 = -1
    /// Nothing is allowed.
    static let never: Int32 = -2
    /// A member that may not be sent in this direction.
    static let foreign: Int32 = -3
    /// The keyword is not there at all, which differs from a schema that allows everything.
    static let absent: Int32 = -4
}

/// One schema: what each kind of value must satisfy, as indices into the tables of rules; -1 where there is no rule.
struct SchemaNode: BitwiseCopyable {
    var types = TypeSet.any
    /// Kinds of values that are allowed whatever they are.
    var plain = TypeSet.none
    /// Kinds of values that are allowed if the rule for their kind says so.
    var direct = TypeSet.none
    var object: Int32 = -1
    var array: Int32 = -1
    var string: Int32 = -1
    var number: Int32 = -1
    var general: Int32 = -1
    /// Rules that need to know which members or elements other rules looked at.
    var unevaluated: Int32 = -1
}

/// Names and a hash table over them.
struct NameTable: BitwiseCopyable {
    /// Entries of the table of properties.
    var entries = Run()
    /// Slots of the hash table: one more than an offset into `entries`, 0 for a free one.
    var slots = Run()
}

struct ObjectRule: BitwiseCopyable {
    var names = NameTable()
    /// Bits of the first 64 required names.
    var required: UInt64 = 0
    /// Offsets into `names` of the required names beyond those.
    var furtherRequired = Run()
    /// Entries of the table of pattern properties.
    var patterns = Run()
    /// The schema of members that are not declared.
    var additional = Schema.absent
    /// Kinds of values that `additional` allows whatever they are.
    var additionalPlain = TypeSet.none
    /// The keyword that `additional` comes from.
    var additionalKeyword = SchemaErrorKeyword.additionalProperties
    var propertyNames = Schema.any
    var minProperties: Int32 = 0
    var maxProperties = Int32.max
    /// Entries of the table of dependencies.
    var dependencies = Run()
    /// Whether members have to be looked at one by one.
    var walksMembers = false
    /// Whether nothing but `names` and `additional` matters for them.
    var hasNamesOnly = false
    /// Whether members that are looked at are marked for `UnevaluatedRule`.
    var isTracked = false
}

struct Property: BitwiseCopyable {
    /// The name's first and last bytes as one word: see `NameWord`.
    var word: UInt64
    /// The name's first eight bytes; where it has fewer, the bytes of a word that are the name.
    var head: UInt64
    /// The name's bytes in the program's text.
    var start: Int32
    var length: Int32
    /// The schema of the value.
    var schema = Schema.any
    /// Kinds of values that `schema` allows whatever they are.
    var plain = TypeSet.none
    /// Kinds of values that `schema` allows if their integer, or for strings the number of bytes, is from `lowest` to `highest`.
    var ranged = TypeSet.none
    var lowest = Int64.min
    var highest = Int64.max
    /// False for a name that is only required, so that `schema` is that of additional ones.
    var isDeclared = true
    /// The bit in `ObjectRule.required`, 0 when there is none.
    var bit: UInt64 = 0

    var name: Run { Run(start: start, count: length) }
}

struct PatternProperty: BitwiseCopyable {
    var pattern: Int32
    var schema: Int32
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
    var items = Schema.absent
    /// Kinds of values that `items` allows whatever they are.
    var itemsPlain = TypeSet.none
    /// The keyword that `items` comes from.
    var itemsKeyword = SchemaErrorKeyword.items
    var isUnique = false
    /// Whether elements that are looked at are marked for `UnevaluatedRule`.
    var isTracked = false
    var minItems: Int32 = 0
    var maxItems = Int32.max
    var contains = Schema.absent
    var minContains: Int32 = 1
    var maxContains = Int32.max
}

/// Rules for what no other rule of the same schema, or of one it applies to the same value, has looked at.
struct UnevaluatedRule: BitwiseCopyable {
    var members = Schema.absent
    var elements = Schema.absent
    /// Whether a schema around this one asks the same.
    var isTracked = false
}

struct StringRule: BitwiseCopyable {
    var minLength: Int32 = 0
    var maxLength = Int32.max
    /// Strings of at least as many bytes have the code points that `minLength` asks for.
    var sufficientBytes = 0
    /// Whether there is more to be asked than the length.
    var hasMore = false
    /// Whether the string must be one of `texts`.
    var isListed = false
    /// What `enum` allows where it allows nothing but strings.
    var texts = NameTable()
    /// An entry of the table of patterns.
    var pattern: Int32 = -1
    var format: StringFormat?
    var content: ContentRule?
}

/// What a string must hold.
struct ContentRule: BitwiseCopyable {
    var encoding: ContentEncoding?
    var isJSON = false
    /// What the JSON must satisfy.
    var schema = Schema.any
}

struct NumberRule: BitwiseCopyable {
    var minimum = Bound()
    var maximum = Bound()
    /// One more than an index into the table of divisors, 0 for none.
    var multipleOf: Int32 = 0
    var format: NumberFormat?
    /// Whether integers of less than nineteen digits only have to lie between `lowest` and `highest`.
    var isRange = false
    var lowest = Int64.min
    var highest = Int64.max

    struct Bound: BitwiseCopyable {
        var isSet = false
        var isExclusive = false
        /// Whether `integer` is the value; otherwise `token` has to be read.
        var isInteger = false
        var integer: Int64 = 0
        /// The nearest binary fraction; infinite beyond their range.
        var double = 0.0
        /// The number as JSON in the program's text.
        var token = Run()
    }
}

/// A range of integers that OpenAPI's `format` asks of numbers.
enum NumberFormat: String, BitwiseCopyable {
    case int8, int16, int32, int64, uint8, uint16, uint32, uint64

    /// Whether a number is an integer in the range.
    func includes(_ token: ByteView) -> Bool {
        guard let exact = JSONNumber.integer(token) else { return false }
        let most = exact.isNegative ? lowest : highest
        return exact.magnitude <= most
    }

    private var highest: UInt64 {
        switch self {
        case .int8: 0x7f
        case .int16: 0x7fff
        case .int32: 0x7fff_ffff
        case .int64: 0x7fff_ffff_ffff_ffff
        case .uint8: 0xff
        case .uint16: 0xffff
        case .uint32: 0xffff_ffff
        case .uint64: .max
        }
    }

    /// The magnitude of the smallest number.
    private var lowest: UInt64 {
        switch self {
        case .int8, .int16, .int32, .int64: highest + 1
        case .uint8, .uint16, .uint32, .uint64: 0
        }
    }
}

/// Rules that apply to every kind of value. Lists are runs of the table of lists.
struct GeneralRule: BitwiseCopyable {
    /// Entries of the table of constants.
    var anyConstant = Run()
    var hasEnum = false
    /// Whether `enum` allows nothing but strings, which are then found in `texts`.
    var hasTextsOnly = false
    var texts = NameTable()
    /// Whether there is nothing but that.
    var isTextsOnly = false
    var constant: Int32 = -1
    /// References and `allOf`.
    var all = Run()
    var anyOf = Run()
    var oneOf = Run()
    /// An entry of the table of discriminators, which decides for `anyOf` or `oneOf`.
    var discriminator: Int32 = -1
    var not = Schema.absent
    var condition = Schema.absent
    var then = Schema.any
    var otherwise = Schema.any
    /// Whether what the schemas look at is marked for `UnevaluatedRule`, so that every alternative has to be tried.
    var isTracked = false
}

/// OpenAPI's choice of an alternative by the value of one member.
struct DiscriminatorRule: BitwiseCopyable {
    /// The member's name in the program's text.
    var name: Run
    /// The values of the member, with the schema of each.
    var values = NameTable()
    /// Whether there are alternatives that no value names, which are tried for a value that is not listed.
    var hasUnnamed = false
}
