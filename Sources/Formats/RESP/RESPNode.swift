/// The type of a value (RESP3 specification, "RESP3 types").
public enum RESPKind: UInt8, Sendable {
    /// `+`, a line of text.
    case simpleString
    /// `-`, an error of one line.
    case simpleError
    /// `:`, a signed 64-bit number.
    case integer
    /// `$`, any bytes.
    case bulkString
    /// `!`, an error of any bytes.
    case bulkError
    /// `=`, text with a format of three letters.
    case verbatimString
    /// `_`, or what RESP2 says instead: `$-1`, `*-1`.
    case null
    /// `#`
    case boolean
    /// `,`
    case double
    /// `(`, an integer of any size.
    case bigNumber
    /// `*`
    case array
    /// `%`, whose children are keys and values by turns.
    case map
    /// `~`
    case set
    /// `>`, out of band: no command asked for it.
    case push

    /// Whether values of this kind hold others.
    @inlinable public var isAggregate: Bool { rawValue >= RESPKind.array.rawValue }
}

/// One value of a parsed reply; a reply is its nodes in the order of its bytes.
struct RESPNode {
    var kind: RESPKind
    /// Of a scalar where its content begins; of an aggregate the number of its children.
    var lower: UInt32
    /// Of a scalar where its content ends; of an aggregate the index behind its last child.
    var upper: UInt32
}
