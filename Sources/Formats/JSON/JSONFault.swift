/// Why a text is not acceptable JSON, and where.
public struct JSONFault: Error, Sendable, Hashable {
    /// Offset of the byte at which the text stopped being acceptable; for a duplicate name, of the second name.
    public let offset: Int
    /// What was wrong.
    public let code: Code

    /// A fault at a byte.
    public init(offset: Int, code: Code) {
        self.offset = offset
        self.code = code
    }

    /// What can be wrong with a text; raw values are safe as metric labels.
    public enum Code: String, Sendable, CaseIterable {
        /// The text ended inside a value.
        case unexpectedEnd = "unexpected-end"
        /// A byte that no rule of RFC 8259 allows here.
        case unexpectedByte = "unexpected-byte"
        /// A number outside the grammar of RFC 8259 section 6, such as `01`, `+1` or `1.`.
        case invalidNumber = "invalid-number"
        /// Bytes that are not UTF-8 (RFC 3629).
        case invalidUTF8 = "invalid-utf8"
        /// A control character below U+0020 inside a string.
        case controlCharacter = "control-character"
        /// A backslash followed by something other than the escapes of RFC 8259 section 7.
        case invalidEscape = "invalid-escape"
        /// Half a surrogate pair written with `\u` (RFC 7493 section 2.1).
        case loneSurrogate = "lone-surrogate"
        /// Bytes after the value.
        case trailingBytes = "trailing-bytes"
        /// Two members of one object share a name.
        case duplicateName = "duplicate-name"
        /// The text is longer than `JSONLimits.bytes`.
        case tooLarge = "too-large"
        /// Nesting exceeds `JSONLimits.depth`.
        case tooDeep = "too-deep"
        /// The text has more nodes than `JSONLimits.nodes`.
        case tooManyNodes = "too-many-nodes"

        /// The fault of a byte that does not belong at an offset, or of the end of the text there.
        @inline(never)
        init(unexpectedAt offset: Int, _ count: Int) { self = offset >= count ? .unexpectedEnd : .unexpectedByte }
    }
}
