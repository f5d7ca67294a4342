import Bytes
import HTTP1
import HTTPSemantics
import Testing

@Suite("Request heads, byte by byte")
struct RequestHeadBytesTests {
    static let small = Array("POST /a?b HTTP/1.1\r\nHost: a:8\r\nX-One: 1 \t2\r\nContent-Length: 5\r\nEmpty:\r\n\r\n".utf8)
    static let long = Array(
        """
        GET http://example.com/a/rather/long/path?with=query HTTP/1.1\r
        host:\texample.com\r
        Authorization: Bearer \(String(repeating: "abcdefgh", count: 40))\r
        Connection: keep-alive, X-Private\r
        X-Private: \u{e9}\u{fc}\r
        TE: trailers\r
        \r

        """.utf8)

    @Test("every proper prefix is incomplete", arguments: [small, long])
    func truncation(bytes: [UInt8]) throws {
        for length in 0..<bytes.count { #expect(parseRequest(Array(bytes[..<length])) == .success(nil), "prefix of \(length)") }
        let whole = try #require(try parseRequest(bytes).get())
        #expect(whole.headBytes == bytes.count)
        #expect(try parseRequest(bytes + Array("GET ".utf8)).get() == whole)
    }

    @Test("every byte value at every position is judged like a second reading of the grammar")
    func everyByte() {
        let head = RequestHead()
        for position in Self.small.indices {
            for byte in UInt8.min...UInt8.max {
                var bytes = Self.small
                bytes[position] = byte
                check(bytes, head)
            }
        }
    }

    @Test("every byte removed or doubled is judged like a second reading of the grammar")
    func everyGap() {
        let head = RequestHead()
        for position in Self.small.indices {
            var shorter = Self.small
            shorter.remove(at: position)
            check(shorter, head)
            var longer = Self.small
            longer.insert(Self.small[position], at: position)
            check(longer, head)
        }
    }

    @Test("random damage is judged like a second reading of the grammar", arguments: [1, 2, 3] as [UInt64])
    func damage(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let head = RequestHead()
        let alphabet = Array("\r\n :\t,;aH1/\0\u{7f}".utf8) + [0xFF]
        for _ in 0..<4000 {
            var bytes = Bool.random(using: &random) ? Self.small : Self.long
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[position] = alphabet.randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: position)
                default: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: position)
                }
            }
            check(bytes, head)
        }
    }

    /// Faults that the reference, which knows lines and characters only, does not look for.
    private static let meaning: Set<HTTP1Fault> = [
        .methodTooLong, .invalidTarget, .connectRefused, .missingHost, .repeatedHost, .invalidHost, .invalidConnectionOption,
        .unknownExpectation, .invalidContentLength, .repeatedContentLength, .lengthAndTransferEncoding,
        .transferEncodingBeforeHTTP11,
        .repeatedTransferEncoding, .invalidTransferEncoding, .unknownTransferCoding,
    ]

    private func check(_ bytes: [UInt8], _ head: RequestHead) {
        let reference = ReferenceHead.parse(bytes)
        switch parseRequest(bytes, head: head) {
        case .success(let parsed?):
            #expect([parsed.method, parsed.target, "HTTP/1.\(parsed.minorVersion)"] == reference?.line)
            #expect(parsed.fields == reference?.fields)
            #expect(parsed.headBytes == reference?.length)
        case .success(nil):
            #expect(reference == nil, "incomplete: \(String(decoding: bytes, as: UTF8.self))")
        case .failure(let fault):
            #expect(reference == nil || Self.meaning.contains(fault), "\(fault): \(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test("a head that arrives in two parts is parsed like one", arguments: [small, long])
    func splits(bytes: [UInt8]) {
        let whole = parseRequest(bytes)
        for split in 1..<bytes.count {
            let head = RequestHead()
            var scanner = HeadEndScanner()
            #expect(parseRequest(Array(bytes[..<split]), head: head) == .success(nil))
            withExactBytes(Array(bytes[..<split])) { _ = scanner.shouldParse($0) }
            let sawEnd = withExactBytes(bytes) { scanner.shouldParse($0) }
            #expect(sawEnd)
            #expect(parseRequest(bytes, head: head) == whole)
        }
    }
}
