import Bytes
import HTTP1
import HTTPSemantics

nonisolated(unsafe) private let head = ResponseHead()
nonisolated(unsafe) private let other = ResponseHead()

/// The first byte chooses the method that is answered. A head is understood alike whatever follows it, its prefixes are incomplete, and
/// responses that cannot have a body have none.
func fuzz(_ input: ByteView) {
    guard input.count > 0 else { return }
    let method = RequestMethod.allCases[Int(input[0]) % RequestMethod.allCases.count]
    let bytes = input[1, input.count]
    let outcome = head.parse(bytes, answering: method)
    _ = HTTP1Transcript.messages(bytes, role: .response, method: method)
    guard case .complete(let size) = outcome else { return }
    expect(size > 0 && size <= bytes.count, "a head ends inside the bytes")
    expect((100...599).contains(head.status), "a status has three digits")
    let bodiless = method == .head || head.status < 200 || head.status == 204 || head.status == 304
    expect(!bodiless || head.framing == .none, "a response that cannot have a body has none")
    expect(head.framing != .untilClose || !head.keepAlive, "a body that ends with the connection ends it")
    for index in 0..<head.fields.count {
        expect(head.fields[index].name.end <= size && head.fields[index].value.end <= size, "fields lie inside the head")
    }
    withExactCopy(bytes[0, size]) {
        expect(other.parse($0, answering: method) == outcome, "what follows a head does not change it")
    }
    for length in stride(from: 0, to: size, by: max(1, size / 64)) {
        withExactCopy(bytes[0, length]) {
            expect(other.parse($0, answering: method) == .incomplete, "a prefix of a head is incomplete")
        }
    }
}
