import Bytes
import HTTP2

/// The input is the header blocks of a connection's requests, each after its length in one byte pair. Whatever fields come out of
/// them come out again when another session writes and a third reads them.
func fuzz(_ input: ByteView) {
    let server = HTTP2Session(role: .server)
    let writer = HTTP2Session(role: .client)
    let reader = HTTP2Session(role: .server)
    give(server, HTTP2Frames.preface + HTTP2Frames.settings)
    while server.nextEvent() != nil {}
    var at = 0
    var stream: UInt32 = 1
    while at + 2 <= input.count, stream < 200 {
        let size = min(Int(input[at]) << 8 | Int(input[at + 1]), input.count - at - 2, 16384)
        give(server, HTTP2Frames.frame(1, flags: 5, stream: stream, Array(input[at + 2, at + 2 + size])))
        at += 2 + size
        while let event = server.nextEvent() {
            if case .headers(let stream, _, .initial, _) = event {
                repeatFields(of: server, writer, reader)
                server.reset(stream, .cancel)
            }
        }
        guard !server.isOver else { return }
        server.replenishAllowances()
        server.output.removeAll()
        stream += 2
    }
}

private func give(_ session: HTTP2Session, _ bytes: [UInt8]) { bytes.withByteView { session.receive($0) } }

private func repeatFields(of server: HTTP2Session, _ writer: HTTP2Session, _ reader: HTTP2Session) {
    for index in 0..<server.fields.count {
        let name = server.fields.name(index)
        expect(!name.isEmpty && !Array(name).contains { $0 >= 65 && $0 <= 90 }, "names are lowercase")
        expect(!Array(server.fields.value(index)).contains { $0 == 0 || $0 == 10 || $0 == 13 }, "values have no line breaks")
    }
    guard let stream = writer.openStream(owner: 1) else { return expect(false, "a stream opens") }
    expect(writer.sendHeaders(stream, list: server.fields, endStream: true), "headers are sent")
    reader.receive(writer.output.view)
    writer.output.removeAll()
    var seen = false
    while let event = reader.nextEvent() {
        switch event {
        case .headers(let stream, _, _, _):
            seen = true
            expect(reader.fields.count == server.fields.count, "as many fields arrive as were sent")
            for index in 0..<reader.fields.count {
                expect(reader.fields.name(index) == server.fields.name(index), "a name arrives as it was sent")
                expect(reader.fields.value(index) == server.fields.value(index), "a value arrives as it was sent")
            }
            reader.reset(stream, .cancel)
        case .connectionFault(_, let reason): expect(false, "what a session writes another reads: \(reason)")
        case .streamReset: expect(false, "what a session accepted it may send")
        default: break
        }
    }
    expect(seen, "headers arrive")
    reader.replenishAllowances()
    writer.receive(reader.output.view)
    reader.output.removeAll()
    while let event = writer.nextEvent() {
        if case .connectionFault(_, let reason) = event { expect(false, "a peer's answers are accepted: \(reason)") }
    }
    writer.output.removeAll()
}
