import Bytes

/// What the gateway makes of a request's trace fields, as text. Off the hot path only: it answers the probe.
public struct TraceReport: Sendable, Equatable {
    /// 32 hexadecimal digits.
    public let traceID: String
    /// The caller's span in 16 hexadecimal digits; nil when the trace was restarted.
    public let parentID: String?
    /// Two hexadecimal digits.
    public let flags: String
    /// The value sent on; nil when none is.
    public let tracestate: String?
    /// Whether a new trace was started.
    public let isRestarted: Bool

    /// Reads the trace fields among header fields in their order; names match without case.
    public init(fields: [(name: String, value: String)], random: inout some RandomNumberGenerator) {
        let parents = fields.filter { $0.name.lowercased() == "traceparent" }
        let states = fields.filter { $0.name.lowercased() == "tracestate" }
        let context: TraceContext
        if parents.count == 1 {
            context = Self.trimmed(parents[0].value).withByteView { TraceContext(traceparent: $0, random: &random) }
        } else {
            context = TraceContext(traceparent: nil, random: &random)
        }
        let state = TraceState()
        if !context.isRestarted {
            for line in states { line.value.withByteView { state.add($0) } }
        }
        traceID = Self.text { context.appendTraceID(to: $0) }
        parentID = context.isRestarted ? nil : Self.text { $0.append(hex: context.parentID) }
        flags = context.flags & TraceContext.sampledFlag != 0 ? "01" : "00"
        tracestate = state.finish().map { String($0) }
        isRestarted = context.isRestarted
    }

    private static func text(_ body: (ByteWriter) -> Void) -> String {
        let writer = ByteWriter(capacity: 64)
        body(writer)
        return String(writer.view)
    }

    /// The value without optional white space around it (RFC 9110 section 5.6.3), which the head parser removes.
    private static func trimmed(_ value: String) -> [UInt8] {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        return Array(Array(value.utf8.drop(while: isSpace).reversed()).drop(while: isSpace).reversed())
    }
}
