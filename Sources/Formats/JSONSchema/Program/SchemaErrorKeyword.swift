/// The keywords that errors name.
enum SchemaErrorKeyword: String, BitwiseCopyable {
    case additionalProperties, anyOf, const, contains, contentEncoding, contentMediaType, dependentRequired, discriminator
    case `enum`, exclusiveMaximum, exclusiveMinimum, format, items, maxContains, maximum, maxItems, maxLength, maxProperties
    case minContains, minimum, minItems, minLength, minProperties, multipleOf, not, oneOf, pattern, readOnly, required, type
    case unevaluatedItems, unevaluatedProperties, uniqueItems, writeOnly
    /// A schema that allows nothing.
    case `false`
    /// No keyword: the check was ended because it took too long.
    case limit
}
