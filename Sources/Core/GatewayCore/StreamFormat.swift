public import Bytes
import HTTP1
import HTTPSemantics

/// How the messages of a stream are written to a client that speaks HTTP.
public enum StreamFormat: Sendable {
    /// One JSON array, its elements the messages.
    case array
    /// A message a line.
    case lines
    /// Server-sent events, a message an event (WHATWG HTML, section 9.2).
    case events
    /// The messages' own bytes one after the other (`google.api.HttpBody`).
    case bytes
    /// Messages as gRPC frames them, for clients that speak it.
    case frames

    /// The `Content-Type` of the answer.
    public var contentType: StaticString {
        switch self {
        case .array: "application/json"
        case .lines: "application/x-ndjson"
        case .events: "text/event-stream"
        case .bytes: "application/octet-stream"
        case .frames: "application/grpc"
        }
    }

    /// What keeps a silent answer alive and means nothing to its reader; empty where there is no such thing.
    public var heartbeat: StaticString {
        switch self {
        case .array: " "
        case .lines: "\n"
        case .events: ":\n\n"
        case .bytes, .frames: ""
        }
    }

    /// The format an `Accept` field asks for; an array where anything will do. Nil when it takes none of the three.
    public static func accepted(_ field: ByteView?) -> StreamFormat? {
        AcceptedType.best(of: field, otherwise: .array) { format(of: $0) }
    }

    private static func format(of type: ByteView) -> StreamFormat? {
        if type.equalsIgnoringCase("*/*") || type.equalsIgnoringCase("application/*") { return .array }
        if type.equalsIgnoringCase("application/json") { return .array }
        if type.equalsIgnoringCase("application/x-ndjson") || type.equalsIgnoringCase("application/jsonl") { return .lines }
        if type.equalsIgnoringCase("application/ndjson") { return .lines }
        if type.equalsIgnoringCase("text/event-stream") || type.equalsIgnoringCase("text/*") { return .events }
        return nil
    }
}

extension RequestContext {
    /// The format of a stream that this request's `Accept` asks for; nil when it takes none. Of several fields the first counts.
    public var streamFormat: StreamFormat? {
        StreamFormat.accepted(fields.first(.accept).map { headBytes.view[$0.value] })
    }
}
