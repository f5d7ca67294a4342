public import Bytes

/// The trace a request belongs to and the gateway's own span in it: four words and a flag, copied freely.
public struct TraceContext: Hashable, Sendable {
    /// The first and the last eight bytes of the trace id.
    public let traceHigh: UInt64
    public let traceLow: UInt64
    /// The caller's span; 0 when the trace starts here.
    public let parentID: UInt64
    /// The gateway's span, the parent of whatever the upstream does.
    public let spanID: UInt64
    /// Flags of level 1: only `sampledFlag` is ever set.
    public let flags: UInt8

    /// The bit that says the caller may have recorded this trace.
    public static let sampledFlag: UInt8 = 1

    /// Whether the trace starts here, because the request carried no usable `traceparent`; its `tracestate` is then dropped.
    public var isRestarted: Bool { parentID == 0 }

    /// Continues the caller's trace, or starts one when `parent` is nil.
    ///
    /// `sampling` decides only for traces that start here.
    public init(continuing parent: TraceParent?, sampling: Bool = true, random: inout some RandomNumberGenerator) {
        if let parent {
            (traceHigh, traceLow, parentID, flags) = (parent.traceHigh, parent.traceLow, parent.parentID, parent.flags)
        } else {
            traceHigh = random.next()
            traceLow = Self.nonZero(&random)
            parentID = 0
            flags = sampling ? Self.sampledFlag : 0
        }
        spanID = Self.nonZero(&random)
    }

    /// Reads the request's `traceparent`: `value` is its only field line, nil when there is none or more than one.
    public init(traceparent value: ByteView?, sampling: Bool = true, random: inout some RandomNumberGenerator) {
        self.init(continuing: value.flatMap(TraceParent.parse), sampling: sampling, random: &random)
    }

    /// Appends the field value for the upstream: version 00 with the gateway's span as parent, 55 bytes.
    public func appendTraceparent(to writer: ByteWriter) {
        writer.append("00-")
        appendTraceID(to: writer)
        writer.append(UInt8(ascii: "-"))
        writer.append(hex: spanID)
        writer.append(flags & Self.sampledFlag != 0 ? "-01" : "-00")
    }

    /// Appends the trace id as 32 lowercase hexadecimal digits.
    public func appendTraceID(to writer: ByteWriter) {
        writer.append(hex: traceHigh)
        writer.append(hex: traceLow)
    }

    private static func nonZero(_ random: inout some RandomNumberGenerator) -> UInt64 {
        while true {
            let value = random.next()
            if value != 0 { return value }
        }
    }
}
