/// One field of a message, resolved.
public struct FieldDescriptor: Sendable {
    /// How many values a field holds.
    public enum Cardinality: Sendable {
        case singular
        case repeated
        /// Repeated entries of key (field 1) and value (field 2), unique by key.
        case map
    }

    public let number: UInt32
    /// The name in the `.proto` file; of an extension its full name in brackets, `[package.name]`.
    public let name: String
    /// The name in JSON: declared, or the lower camel case of `name`; of an extension the same as `name`.
    public let jsonName: String
    public let kind: FieldKind
    public let cardinality: Cardinality
    /// Whether a writer packs repeated values; readers accept both forms.
    public let isPacked: Bool
    /// Whether "unset" differs from "set to the default".
    public let hasPresence: Bool
    /// Whether proto2 or an edition demands a value.
    public let isRequired: Bool
    /// Whether text must be UTF-8; false for proto2 strings.
    public let validatesUTF8: Bool
    /// Index in `MessageDescriptor.oneofs`; nil outside a oneof and for the synthetic one of proto3 `optional`.
    public let oneof: Int?
    /// Index in `DescriptorPool.messages` of a message, group or map entry type; nil for other kinds.
    public let message: Int?
    /// Index in `DescriptorPool.enums`; nil for other kinds.
    public let enumeration: Int?
    /// Whether it was declared outside its message, by `extend`.
    public let isExtension: Bool

    /// The JSON name the protobuf compiler derives: underscores go, the letter after one becomes a capital.
    public static func lowerCamel(_ name: String) -> String {
        var result = ""
        var capitalise = false
        for character in name.unicodeScalars {
            if character == "_" {
                capitalise = true
            } else if capitalise, ("a"..."z").contains(character), let upper = Unicode.Scalar(character.value - 32) {
                result.unicodeScalars.append(upper)
                capitalise = false
            } else {
                result.unicodeScalars.append(character)
                capitalise = false
            }
        }
        return result
    }
}
