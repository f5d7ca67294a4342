/// Why a text is no usable pattern.
public struct PatternError: Error, Equatable, Sendable {
    /// What kind of fault; fit for a label.
    public enum Code: String, Sendable {
        /// Not in the grammar of ECMA-262 with the flag u.
        case syntax = "pattern-syntax"
        /// A class of `\p{...}` that ECMA-262 or Unicode does not have.
        case unknownProperty = "pattern-unknown-property"
        /// A backreference to a group that is not there.
        case unknownGroup = "pattern-unknown-group"
        /// Beyond a limit of `PatternLimits`.
        case tooLarge = "pattern-too-large"
    }

    public let code: Code
    /// Where in the pattern, in bytes of its UTF-8 form.
    public let offset: Int
    /// What is wrong, in plain words; holds pieces of the pattern, never of a text.
    public let message: String
}
