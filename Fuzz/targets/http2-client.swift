import Bytes
import HTTP2

/// As the server's target, for a client with three open requests: one ended, one with a body under way, one without its headers.
func fuzz(_ input: ByteView) {
    guard input.count > 0 else { return }
    var bytes = input[0] & 1 == 0 ? HTTP2Frames.settings + HTTP2Frames.settingsAcknowledged : []
    bytes += Array(input[1, input.count])
    bytes.withByteView { playBothWays(seed: input[0] >> 1, $0, skippingSent: HTTP2Frames.preface.count, makeClient) }
}

private func makeClient() -> HTTP2Session {
    let session = HTTP2Session(role: .client)
    let list = HeaderList()
    list.append(name: ":method", value: "POST")
    list.append(name: ":scheme", value: "http")
    list.append(name: ":path", value: "/a.B/C")
    for owner in 1...3 {
        guard let stream = session.openStream(owner: owner), owner < 3 else { continue }
        _ = session.sendHeaders(stream, list: list, endStream: owner == 1)
        if owner == 2 { _ = session.sendData(stream, ByteView("a body"), endStream: false) }
    }
    return session
}
