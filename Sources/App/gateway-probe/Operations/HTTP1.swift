import Bytes
import HTTP1
import HTTPSemantics

/// `http1`: bytes cut into messages.
///
/// `method` names the request that a response answers (`GET` when absent), because `HEAD` decides over the body.
func http1(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    guard let role = HTTP1Transcript.Role(rawValue: try arguments.text("role")) else {
        throw ProbeFault("\"role\" must be request or response")
    }
    let method = arguments["method"]?.text?.withByteView { RequestMethod(token: $0) } ?? .get
    let bytes = try arguments.bytes("bytes")
    let transcript = bytes.withByteView { HTTP1Transcript.messages($0, role: role, method: method) }
    return [
        "messages": .list(transcript.messages.map(answer)), "rest": .base64(transcript.rest),
        "error": .optional(transcript.fault.map { "\($0.code)" }),
    ]
}

private func answer(_ message: HTTP1Message) -> Answer {
    .object([
        "method": .optional(message.method), "target": .optional(message.target),
        "status": message.status.map { .integer($0) } ?? .null,
        "headers": .list(message.headers.map { .list([.header($0.name), .header($0.value)]) }),
        "body": .base64(message.body), "trailers": .base64(message.trailers), "keepAlive": .bool(message.keepAlive),
    ])
}
