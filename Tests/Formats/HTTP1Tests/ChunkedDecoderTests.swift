import Bytes
import HTTP1
import Testing

@Suite("Chunked decoder")
struct ChunkedDecoderTests {
    struct Decoded: Equatable {
        var body = ""
        var trailers = ""
        var consumed = 0
        var fault: HTTP1Fault?
        var isOver = false
    }

    /// Decodes the parts one after the other, each in memory of its own.
    private func decode(_ parts: [[UInt8]], limits: HTTP1Limits = .default) -> Decoded {
        var decoder = ChunkedDecoder()
        let trailers = ByteWriter()
        var decoded = Decoded()
        for part in parts where !decoded.isOver && decoded.fault == nil {
            let start = decoded.consumed
            withExactBytes(part) { bytes in
                var offset = 0
                reading: while true {
                    switch decoder.next(bytes, from: offset, trailers: trailers, limits: limits) {
                    case .data(let range, let consumed):
                        decoded.body += String(bytes[range])
                        offset = consumed
                    case .needMore(let consumed):
                        #expect(consumed == bytes.count)
                        offset = consumed
                        break reading
                    case .end(let consumed):
                        offset = consumed
                        decoded.isOver = true
                        decoded.trailers = String(trailers.view)
                        break reading
                    case .invalid(let fault):
                        decoded.fault = fault
                        let again = decoder.next(bytes, from: offset, trailers: trailers)
                        #expect(again == .invalid(fault))
                        break reading
                    }
                }
                decoded.consumed = start + offset
            }
        }
        return decoded
    }

    private func decode(_ text: String, limits: HTTP1Limits = .default) -> Decoded { decode([Array(text.utf8)], limits: limits) }

    static let message =
        "5\r\nhello\r\n00A;name=\"v\" \t;x\r\n, chunked!\r\n1 ;a\r\n\n\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nLast:\r\n\r\n"

    @Test("joins chunks, skips extensions and keeps the trailers that may be sent on")
    func wholeMessage() {
        let decoded = decode(Self.message + "GET")
        #expect(decoded.body == "hello, chunked!\n")
        #expect(decoded.trailers == "X-Sum: 1\r\nLast:\r\n")
        #expect(decoded.consumed == Self.message.utf8.count)
        #expect(decoded.isOver)
    }

    @Test("gives the same for every split into three parts")
    func splits() {
        let bytes = Array(Self.message.utf8)
        let whole = decode([bytes])
        for first in 0...bytes.count {
            for second in first...bytes.count {
                #expect(decode([Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]) == whole)
            }
        }
        #expect(decode(bytes.map { [$0] }) == whole)
    }

    @Test("every proper prefix needs more")
    func truncation() {
        let bytes = Array(Self.message.utf8)
        for length in 0..<bytes.count {
            let decoded = decode([Array(bytes[..<length])])
            #expect(!decoded.isOver && decoded.fault == nil, "prefix of \(length)")
        }
    }

    @Test("every byte value at every position gives the same outcome in one part and byte by byte")
    func everyByte() {
        let bytes = Array("2;a\r\nhi\r\n0\r\nA: b\r\n\r\n".utf8)
        for position in bytes.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = bytes
                changed[position] = byte
                let whole = decode([changed])
                let drip = decode(changed.map { [$0] })
                #expect(
                    whole.body == drip.body && whole.fault == drip.fault && whole.isOver == drip.isOver
                        && whole.trailers == drip.trailers)
                if whole.isOver { #expect(whole.body.unicodeScalars.count <= 2) }
            }
        }
    }

    @Test(
        "refuses sizes and lines that another reader could understand differently",
        arguments: [
            ("\r\n", .invalidChunkSize), ("\n", .invalidChunkSize), ("g\r\n", .invalidChunkSize), ("-1\r\n", .invalidChunkSize),
            ("+1\r\n", .invalidChunkSize), ("0x1\r\n", .invalidChunkSize), (" 1\r\n", .invalidChunkSize),
            ("1 \r\n", .invalidChunkSize),
            ("1\t2\r\n", .invalidChunkSize), ("1,\r\n", .invalidChunkSize), ("1\n", .invalidChunkSize), ("1\rx", .bareLineBreak),
            ("1;a\n", .malformedChunk), ("1;a\rb", .bareLineBreak), ("1;\0\r\n", .malformedChunk),
            ("1;\u{7f}\r\n", .malformedChunk),
            ("1\r\nab\r\n", .malformedChunk), ("1\r\na\n", .malformedChunk), ("1\r\na\r\r", .malformedChunk),
            ("2\r\na\r\n0\r\n\r\n", .malformedChunk),
            ("8000000000000000\r\n", .chunkSizeTooLarge), ("ffffffffffffffff\r\n", .chunkSizeTooLarge),
            ("00000000000000001\r\n", .chunkSizeTooLarge),
            ("0\r\n\n", .bareLineBreak), ("0\r\n\rx", .bareLineBreak), ("0\r\n A: b\r\n", .foldedLine),
            ("0\r\nA : b\r\n", .spaceInFieldName),
            ("0\r\nA: b\n\r\n", .bareLineBreak), ("0\r\nA: b\rc\r\n\r\n", .bareLineBreak), ("0\r\nA\r\n\r\n", .invalidFieldName),
            ("0\r\n: b\r\n\r\n", .emptyFieldName), ("0\r\nA: \0\r\n\r\n", .invalidFieldValue),
            ("0\r\nA: b\r\n c\r\n\r\n", .foldedLine),
        ] as [(String, HTTP1Fault)])
    func refused(text: String, fault: HTTP1Fault) {
        #expect(decode(text).fault == fault)
        #expect(decode(text.utf8.map { [$0] }).fault == fault)
    }

    @Test(
        "takes sizes up to what a signed 64-bit number holds",
        arguments: ["7fffffffffffffff", "0000000000000001", "7FFFFFFFFFFFFFFF"])
    func largeSizes(size: String) {
        let decoded = decode(size + "\r\na")
        #expect(decoded.body == "a")
        #expect(decoded.fault == nil)
    }

    @Test("bounds extensions of a chunk and of a body", arguments: [0, 1])
    func extensionLimits(excess: Int) {
        let limits = HTTP1Limits(chunkExtensionBytes: 4, chunkExtensionTotalBytes: 10)
        #expect(
            decode("1;" + String(repeating: "a", count: 4 + excess) + "\r\n", limits: limits).fault
                == (excess == 0 ? nil : .chunkExtensionsTooLong))
        let body = "1;abcd\r\nx\r\n1;abcd\r\nx\r\n1;" + String(repeating: "a", count: 2 + excess) + "\r\n"
        #expect(decode(body, limits: limits).fault == (excess == 0 ? nil : .chunkExtensionsTooLong))
        let spaces = "1" + String(repeating: " ", count: 4 + excess) + ";\r\n"
        #expect(decode(spaces, limits: limits).fault == (excess == 0 ? nil : .chunkExtensionsTooLong))
    }

    @Test("bounds trailers, dropped ones included", arguments: [0, 1])
    func trailerLimits(excess: Int) {
        let limits = HTTP1Limits(trailerBytes: 24, trailerFields: 3)
        let lines = String(repeating: "Age:1\r\n", count: 3 + excess)
        #expect(decode("0\r\n" + lines + "\r\n", limits: limits).fault == (excess == 0 ? nil : .trailersTooLarge))
        let line = "A: " + String(repeating: "a", count: 19 + excess)
        #expect(decode("0\r\n" + line + "\r\n\r\n", limits: limits).fault == (excess == 0 ? nil : .trailersTooLarge))
        #expect(
            decode("0\r\nA: " + String(repeating: "a", count: 21 + excess), limits: limits).fault
                == (excess == 0 ? nil : .trailersTooLarge))
    }

    @Test(
        "drops trailers that must come before the body",
        arguments: [
            ("Transfer-Encoding", false), ("content-length", false), ("Host", false), ("Authorization", false), ("Cookie", false),
            ("Set-Cookie", false),
            ("Content-Encoding", false), ("Content-Type", false), ("Content-Foo", false), ("If-Match", false),
            ("Cache-Control", false),
            ("Trailer", false), ("Connection", false), ("X-User-ID", false), ("X_User_ID", false), ("X-Forwarded-For", false),
            ("TE", false),
            ("Expires", false), ("Location", false), ("traceparent", false), ("Grpc-Status", true), ("grpc-message", true),
            ("ETag", true),
            ("Server-Timing", true), ("X-Checksum", true), ("Digest", true),
        ])
    func rule(name: String, isSentOn: Bool) {
        #expect(decode("0\r\n\(name): v\r\n\r\n").trailers == (isSentOn ? "\(name): v\r\n" : ""))
    }

    @Test("an ended body stays ended")
    func ended() {
        var decoder = ChunkedDecoder()
        let trailers = ByteWriter()
        withExactBytes(Array("0\r\n\r\nmore".utf8)) { bytes in
            let events = [0, 5, bytes.count].map { decoder.next(bytes, from: $0, trailers: trailers) }
            #expect(events == [.end(consumedTo: 5), .end(consumedTo: 5), .end(consumedTo: bytes.count)])
        }
    }
}
