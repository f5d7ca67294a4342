import Bytes
import Testing

@testable import HTTP2

@Suite struct HTTP2FlowControlTests {
    func send(_ session: HTTP2Session, _ stream: UInt32, _ count: Int, end: Bool = false) -> Int {
        [UInt8](repeating: 0x61, count: count).withByteView { session.sendData(stream, $0, endStream: end) }
    }

    @Test("sending stops at the window and goes on when it opens")
    func stopsAtWindow() {
        let session = HTTP2Session.client(settings: [0, 4] + bigEndian(10))
        let stream = session.request(owner: 5, end: false)
        _ = session.drain()
        #expect(send(session, stream, 11, end: true) == 10)
        #expect(session.drain() == frame(FrameType.data, 0, 1, [UInt8](repeating: 0x61, count: 10)))
        #expect(send(session, stream, 1, end: true) == 0)
        #expect(session.feed(frame(FrameType.windowUpdate, 0, 1, bigEndian(1))) == ["window 1 owner 5"])
        #expect(send(session, stream, 1, end: true) == 1)
        #expect(session.drain() == frame(FrameType.data, 1, 1, [0x61]))
    }

    @Test("the connection's window holds all streams together, and opens for all")
    func sharesConnectionWindow() {
        let session = HTTP2Session.client(settings: [0, 4] + bigEndian(1 << 20))
        let first = session.request(end: false)
        let second = session.request(end: false)
        #expect(send(session, first, 65_000) == 65_000)
        #expect(send(session, second, 1000) == 535)
        #expect(session.feed(frame(FrameType.windowUpdate, 0, 0, bigEndian(500))) == ["window 0 owner 0"])
        #expect(send(session, second, 465) == 465)
        #expect(send(session, second, 100) == 35)
    }

    @Test("a changed initial window moves open streams, also below zero")
    func changesInitialWindow() {
        let session = HTTP2Session.client()
        let stream = session.request(end: false)
        #expect(send(session, stream, 1000) == 1000)
        #expect(session.feed(frame(FrameType.settings, 0, 0, [0, 4] + bigEndian(999))) == ["settings"])
        #expect(send(session, stream, 1) == 0)
        #expect(session.feed(frame(FrameType.windowUpdate, 0, 1, bigEndian(1))).isEmpty, "the window is at zero")
        #expect(session.feed(frame(FrameType.windowUpdate, 0, 1, bigEndian(1))) == ["window 1 owner 0"])
        #expect(send(session, stream, 2) == 1)
    }

    @Test("data larger than a frame leaves in frames of the peer's size")
    func framesData() {
        let session = HTTP2Session.client()
        let stream = session.request(end: false)
        _ = session.drain()
        #expect(send(session, stream, 16_385, end: true) == 16_385)
        let bytes = session.drain()
        #expect(Array(bytes[..<9]) == Array(frame(FrameType.data, 0, 1, [UInt8](repeating: 0, count: 16_384))[..<9]))
        #expect(Array(bytes[(9 + 16_384)...]) == frame(FrameType.data, 1, 1, [0x61]))
    }

    @Test("an output that nobody takes stops sending")
    func boundsOutput() {
        var limits = HTTP2Limits()
        limits.outputBytes = 1000
        let session = HTTP2Session.client(limits: limits)
        let stream = session.request(end: false)
        let used = session.output.count
        #expect(send(session, stream, 2000) == 1000 - used)
        #expect(send(session, stream, 1) == 0)
        _ = session.drain()
        #expect(send(session, stream, 1) == 1)
    }

    @Test("windows are replenished in batches, and only for what was consumed")
    func replenishes() {
        var limits = HTTP2Limits()
        limits.streamWindow = 1000
        limits.connectionWindow = 65_535
        let session = HTTP2Session.server(limits: limits)
        _ = session.feed(frame(FrameType.headers, 4, 1, literals(requestFields)))
        let body = [UInt8](repeating: 0, count: 1000)
        frame(FrameType.data, 0, 1, body).withByteView { session.receive($0) }
        guard case .data(_, _, let bytes, _) = session.nextEvent() else {
            Issue.record("no data")
            return
        }
        #expect(bytes.count == 1000)
        session.consumed(1, 499)
        #expect(session.drain().isEmpty)
        session.consumed(1, 1)
        #expect(session.drain() == frame(FrameType.windowUpdate, 0, 1, bigEndian(500)))
        #expect(session.feed(frame(FrameType.data, 0, 1, [UInt8](repeating: 0, count: 501))).first == "reset 1 owner -1 3")
    }

    @Test("bytes handed back to the connection alone let other streams go on, and this one once its stream has them too")
    func replenishesApart() {
        var limits = HTTP2Limits()
        limits.streamWindow = 40_000
        limits.connectionWindow = 65_536
        let session = HTTP2Session.server(limits: limits)
        _ = session.feed(frame(FrameType.headers, 4, 1, literals(requestFields)))
        func receive(_ count: Int) -> Bool {
            frame(FrameType.data, 0, 1, [UInt8](repeating: 0, count: count)).withByteView { session.receive($0) }
            guard case .data = session.nextEvent() else { return false }
            return session.nextEvent() == nil
        }
        #expect(receive(16_384) && receive(16_384))
        session.consumedOnConnection(32_767)
        #expect(session.drain().isEmpty)
        session.consumedOnConnection(1)
        #expect(session.drain() == frame(FrameType.windowUpdate, 0, 0, bigEndian(32_768)))
        session.consumedOnStream(1, 19_999)
        #expect(session.drain().isEmpty)
        session.consumedOnStream(1, 1)
        #expect(session.drain() == frame(FrameType.windowUpdate, 0, 1, bigEndian(20_000)))
        #expect(receive(16_384) && receive(10_848), "40 000 and 20 000 in all")
        #expect(!receive(1), "and not one more")
    }

    @Test("padding counts against the windows and is handed back by the session")
    func padding() {
        var limits = HTTP2Limits()
        limits.streamWindow = 200
        let session = HTTP2Session.server(limits: limits)
        _ = session.feed(frame(FrameType.headers, 4, 1, literals(requestFields)))
        let padded: [UInt8] = [150] + [1, 2, 3] + [UInt8](repeating: 0, count: 150)
        for _ in 0..<20 {
            #expect(session.feed(frame(FrameType.data, 8, 1, padded)) == ["data 1 owner -1 \u{1}\u{2}\u{3}"])
        }
        #expect(session.receiveWindow + session.unannounced == limits.connectionWindow)
    }

    @Test("the connection's window is enforced")
    func enforcesConnectionWindow() {
        var limits = HTTP2Limits()
        limits.connectionWindow = 0
        limits.streamWindow = 1 << 20
        let session = HTTP2Session.server(limits: limits)
        _ = session.feed(frame(FrameType.headers, 4, 1, literals(requestFields)))
        func data(_ count: Int) -> HTTP2Event? {
            frame(FrameType.data, 0, 1, [UInt8](repeating: 0, count: count)).withByteView { session.receive($0) }
            return session.nextEvent()
        }
        for _ in 0..<3 { _ = data(16_384) }
        guard case .data = data(16_383) else {
            Issue.record("65 535 bytes are allowed")
            return
        }
        guard case .connectionFault(.flowControlError, _) = data(1) else {
            Issue.record("65 536 bytes are not")
            return
        }
    }
}
