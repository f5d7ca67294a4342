public import Bytes

/// One field line of a head, as ranges into the buffer the head was parsed in.
public struct FieldLine: Sendable {
    /// The name as it was sent, without the colon.
    public var name: ByteRange
    /// The value without the whitespace around it; may be empty.
    public var value: ByteRange
    /// The whole line with its CRLF; lines of one head follow each other without a gap.
    public var line: ByteRange
    /// Which name it is, when the gateway knows it.
    public var id: FieldName
    /// Whether the line must not be sent on; set by hop-by-hop rules and by policies.
    public var isDropped: Bool

    @inlinable
    public init(name: ByteRange, value: ByteRange, line: ByteRange, id: FieldName) {
        self.name = name
        self.value = value
        self.line = line
        self.id = id
        self.isDropped = false
    }
}
