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

    /// The `Content-Type` of the answer.
    public var contentType: StaticString {
        switch self {
        case .array: "application/json"
        case .lines: "application/x-ndjson"
        case .events: "text/event-stream"
        case .bytes: "application/octet-stream"
        }
    }

    /// What keeps a silent answer alive and means nothing to its reader.
    public var heartbeat: StaticString {
        switch self {
        case .array: " "
        case .lines: "\n"
        case .events: ":\n\n"
        case .bytes: ""
        }
    }

    /// The format an `Accept` field asks for (RFC 9110 section 12.5.1): the supported type with the highest weight, the first of
    /// several; an array where anything will do. Nil when it takes none of the three.
    public static func accepted(_ field: ByteView?) -> StreamFormat? {
        guard let field, !field.isEmpty else { return .array }
        var best: StreamFormat?
        var weight = 0
        var index = 0
        while index < field.count {
            let end = field.firstIndex(of: UInt8(ascii: ","), from: index) ?? field.count
            let range = field[index, end].trimmingBlanks
            if let format = format(of: range.mediaType) {
                let found = Self.weight(of: range)
                if found > weight {
                    weight = found
                    best = format
                }
            }
            index = end + 1
        }
        return best
    }

    private static func format(of type: ByteView) -> StreamFormat? {
        if type.equalsIgnoringCase("*/*") || type.equalsIgnoringCase("application/*") { return .array }
        if type.equalsIgnoringCase("application/json") { return .array }
        if type.equalsIgnoringCase("application/x-ndjson") || type.equalsIgnoringCase("application/jsonl") { return .lines }
        if type.equalsIgnoringCase("application/ndjson") { return .lines }
        if type.equalsIgnoringCase("text/event-stream") || type.equalsIgnoringCase("text/*") { return .events }
        return nil
    }

    /// The `q` parameter in thousandths; 1000 without one, 0 when it cannot be read.
    private static func weight(of range: ByteView) -> Int {
        var index = range.mediaType.count
        while let start = range.firstIndex(of: UInt8(ascii: ";"), from: index) {
            let end = range.firstIndex(of: UInt8(ascii: ";"), from: start + 1) ?? range.count
            let parameter = range[start + 1, end].trimmingBlanks
            if parameter.count > 2, parameter[0] | 0x20 == UInt8(ascii: "q"), parameter[1] == UInt8(ascii: "=") {
                return thousandths(parameter[2, parameter.count])
            }
            index = end
        }
        return 1000
    }

    private static func thousandths(_ text: ByteView) -> Int {
        guard text.count <= 5, text[0] == UInt8(ascii: "0") || text[0] == UInt8(ascii: "1") else { return 0 }
        var value = Int(text[0] - 48) * 1000
        var scale = 100
        for index in 1..<max(1, text.count) {
            if index == 1 {
                guard text[1] == UInt8(ascii: ".") else { return 0 }
                continue
            }
            guard ASCII.isDigit(text[index]) else { return 0 }
            value += Int(text[index] - 48) * scale
            scale /= 10
        }
        return min(value, 1000)
    }
}

extension RequestContext {
    /// The format of a stream that this request's `Accept` asks for; nil when it takes none. Of several fields the first counts.
    public var streamFormat: StreamFormat? {
        StreamFormat.accepted(fields.first(.accept).map { headBytes.view[$0.value] })
    }
}
