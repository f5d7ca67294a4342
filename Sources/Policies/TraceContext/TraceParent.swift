public import Bytes

/// The value of a `traceparent` field (W3C Trace Context level 1, section 3.2).
public struct TraceParent: Hashable, Sendable {
    /// The first and the last eight bytes of the trace id; never both zero.
    public let traceHigh: UInt64
    public let traceLow: UInt64
    /// The caller's span; never zero.
    public let parentID: UInt64
    /// Flags of level 1, which knows only bit 0, `sampled`; others are cleared.
    public let flags: UInt8

    /// The length of version 00.
    private static let length = 55

    /// Reads a field value without surrounding white space; nil when the rules say to start a new trace.
    ///
    /// Version `ff` is invalid. Version 00 has exactly 55 characters; a later version may have more after a further hyphen,
    /// and its first four parts are read as those of version 00 (section 4.3).
    public static func parse(_ value: ByteView) -> TraceParent? {
        guard value.count >= length, let version = HexWord.readByte(value, at: 0), version != 0xff else { return nil }
        if value.count > length {
            guard version != 0, value[length] == UInt8(ascii: "-") else { return nil }
        }
        guard value[2] == UInt8(ascii: "-"), value[35] == UInt8(ascii: "-"), value[52] == UInt8(ascii: "-") else { return nil }
        guard let high = HexWord.read(value, at: 3), let low = HexWord.read(value, at: 19), high | low != 0 else { return nil }
        guard let parent = HexWord.read(value, at: 36), parent != 0 else { return nil }
        guard let flags = HexWord.readByte(value, at: 53) else { return nil }
        return TraceParent(traceHigh: high, traceLow: low, parentID: parent, flags: flags & TraceContext.sampledFlag)
    }
}
