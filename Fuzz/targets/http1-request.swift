import Bytes
import HTTP1
import HTTPSemantics

nonisolated(unsafe) private let head = RequestHead()
nonisolated(unsafe) private let other = RequestHead()

/// A whole head is understood alike however it arrives, no prefix of it is taken for a head or for a fault, and every range
/// the parser answers lies inside the head.
func fuzz(_ input: ByteView) {
    let outcome = head.parse(input)
    if case .complete(let size) = outcome {
        expect(size > 0 && size <= input.count, "a head ends inside the bytes")
        for index in 0..<head.fields.count {
            let field = head.fields[index]
            expect(field.name.end <= size && field.value.end <= size && !field.name.isEmpty, "fields lie inside the head")
        }
        expect(
            head.targetRange.end <= size && head.target.pathAndQuery.end <= head.targetRange.end,
            "the target lies inside the head")
        expect(head.authority.end <= size, "the authority lies inside the head")
        expect(head.framing != .untilClose, "a request's body never ends with the connection")
        let framing = head.framing
        withExactCopy(input[0, size]) { expect(other.parse($0) == outcome, "what follows a head does not change it") }
        expect(other.framing == framing, "what follows a head does not change its framing")
        for length in stride(from: 0, to: size, by: max(1, size / 64)) {
            withExactCopy(input[0, length]) { expect(other.parse($0) == .incomplete, "a prefix of a head is incomplete") }
        }
    }
    expect(arriving(input) == outcome, "a head that arrives in drips is the same head")
    let transcript = HTTP1Transcript.messages(input, role: .request)
    expect(transcript.rest.count <= input.count, "a transcript keeps no more than it was given")
}

/// The outcome when bytes come one by one and are parsed only when the scanner says so.
private func arriving(_ input: ByteView) -> HeadOutcome {
    var scanner = HeadEndScanner()
    var outcome = HeadOutcome.incomplete
    // Beyond this the walk is quadratic and says nothing new.
    let step = max(1, input.count / 512)
    var length = 0
    while length < input.count {
        length = min(length + step, input.count)
        guard scanner.shouldParse(input[0, length]) || length == input.count else { continue }
        outcome = other.parse(input[0, length])
        if outcome != .incomplete { return outcome }
    }
    return outcome
}
