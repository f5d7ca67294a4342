/// What makes bytes no RESP3 reply, or one beyond the limits.
public enum RESPFault: UInt8, Error, Equatable, Sendable {
    /// A value begins with a byte that names no type.
    case unknownType
    /// A line exceeds `RESPLimits.lineBytes`, or a length or number more digits than it can have.
    case lineTooLong
    /// CR without LF, LF without CR, or a bulk string that does not end where its length says.
    case lineEnd
    /// A length or count that is no plain decimal number.
    case length
    /// An integer, double or big number outside its grammar or range.
    case number
    /// A boolean other than `t` and `f`.
    case boolean
    /// A null with content.
    case null
    /// A verbatim string without its format prefix.
    case verbatim
    /// A bulk string beyond `RESPLimits.bulkBytes`.
    case bulkTooLong
    /// More values than `RESPLimits.values`.
    case tooManyValues
    /// More depth than `RESPLimits.depth`.
    case tooDeep
    /// A reply beyond `RESPLimits.replyBytes`.
    case replyTooLong
    /// A push inside a reply.
    case pushInside
    /// A streamed string or aggregate (`$?`, `*?`): in the specification, sent by no server.
    case streamed

    /// A name for logs and metric labels.
    public var code: StaticString {
        switch self {
        case .unknownType: "unknown_type"
        case .lineTooLong: "line_too_long"
        case .lineEnd: "line_end"
        case .length: "length"
        case .number: "number"
        case .boolean: "boolean"
        case .null: "null"
        case .verbatim: "verbatim"
        case .bulkTooLong: "bulk_too_long"
        case .tooManyValues: "too_many_values"
        case .tooDeep: "too_deep"
        case .replyTooLong: "reply_too_long"
        case .pushInside: "push_inside"
        case .streamed: "streamed"
        }
    }
}
