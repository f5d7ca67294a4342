import Bytes
import HTTP2

/// A session that is fed bytes and acts on every event in a fixed way, with all it said and sent written down.
struct HTTP2Play {
    let session: HTTP2Session
    private(set) var story: [String] = []
    private(set) var sent: [UInt8] = []

    init(_ session: HTTP2Session) {
        self.session = session
        drain()
    }

    mutating func receive(_ bytes: ByteView) {
        session.receive(bytes)
        while let event = session.nextEvent() { act(on: event) }
        drain()
    }

    private mutating func drain() {
        sent += Array(session.output.view)
        session.output.removeAll()
    }

    private mutating func act(on event: HTTP2Event) {
        switch event {
        case .headers(let stream, let owner, let kind, let ends):
            var text = "headers \(stream) \(owner) \(kind) \(ends)"
            for index in 0..<session.fields.count {
                text += " \(Array(session.fields.name(index)))=\(Array(session.fields.value(index)))"
            }
            story.append(text)
            answer(stream, ends)
        case .data(let stream, let owner, let bytes, let ends):
            // Pieces of one frame are one frame: the session reports whole frames only.
            story.append("data \(stream) \(owner) \(Array(bytes)) \(ends)")
            session.consumed(stream, bytes.count)
            answer(stream, ends)
        case .streamReset(let stream, let owner, let code, let byPeer):
            story.append("reset \(stream) \(owner) \(code.rawValue) \(byPeer)")
            expect(!session.isOpen(stream), "a stream that was reset is gone")
        case .goAway(let last, let code): story.append("goaway \(last) \(code.rawValue)")
        case .settingsReceived: story.append("settings")
        case .windowAvailable(let stream, let owner): story.append("window \(stream) \(owner)")
        case .pingAcknowledged(let opaque): story.append("ping \(opaque)")
        case .connectionFault(let code, let reason):
            story.append("fault \(code.rawValue) \(reason)")
            expect(session.isOver, "a fault ends the session")
        }
    }

    /// A server answers each ended request; a client only listens.
    private mutating func answer(_ stream: UInt32, _ ends: Bool) {
        guard session.role == .server, ends else { return }
        let list = HeaderList()
        list.append(name: ":status", value: "200")
        guard session.sendHeaders(stream, list: list, endStream: false) else { return }
        _ = session.sendData(stream, ByteView("0123456789"), endStream: true)
    }

    /// The frames in what was sent; false when it does not end with a whole frame.
    static func isWholeFrames(_ bytes: ArraySlice<UInt8>) -> Bool {
        var at = bytes.startIndex
        while at < bytes.endIndex {
            guard at + 9 <= bytes.endIndex else { return false }
            let size = Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
            guard bytes[at + 3] <= 9, size <= 16384, at + 9 + size <= bytes.endIndex else { return false }
            at += 9 + size
        }
        return true
    }
}

extension HeaderList {
    func append(name: StaticString, value: StaticString) { append(name: name, value: ByteView(value)) }
}

/// Plays `bytes` whole and in pieces against two fresh sessions: they must tell the same story and send the same bytes.
func playBothWays(seed: UInt8, _ bytes: ByteView, skippingSent prefix: Int, _ makeSession: () -> HTTP2Session) {
    var whole = HTTP2Play(makeSession())
    var split = HTTP2Play(makeSession())
    whole.receive(bytes)
    var pieces = Pieces(seed: seed)
    var at = 0
    while at < bytes.count {
        let end = min(bytes.count, at + pieces.next())
        withExactCopy(bytes[at, end]) { split.receive($0) }
        at = end
    }
    expect(whole.story == split.story, "the same events however the bytes are split")
    expect(whole.sent == split.sent, "the same answer however the bytes are split")
    expect(HTTP2Play.isWholeFrames(whole.sent.dropFirst(prefix)), "what is sent is whole frames of known types")
    expect(whole.session.openStreams <= HTTP2Limits().concurrentStreams, "streams keep to their limit")
    expect(whole.session.openStreams == split.session.openStreams, "the same streams stay open")
}
