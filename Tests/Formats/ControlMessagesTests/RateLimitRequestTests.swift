import Bytes
import Testing

@testable import ControlMessages

@Suite("Decoding RateLimitRequest")
struct RateLimitRequestTests {
    let request = RateLimitRequest()

    private func decode(_ bytes: [UInt8]) -> RateLimitRequest.Fault? { bytes.withByteView { request.decode($0) } }

    @Test("reads domain, descriptors, entries, limits and hits")
    func whole() {
        let bytes = RateLimitWire.request(
            "edge",
            [
                .init([("tenant", "acme"), ("user", "ü")]), .init([("path", "")], limit: (7, 2), hits: 300),
                .init([], isNegative: true),
            ], hits: 5)
        #expect(decode(bytes) == nil)
        let text = { (range: ByteRange) in bytes.withByteView { String($0[range]) } }
        #expect(text(request.domain) == "edge" && request.hitsAddend == 5 && request.descriptors.count == 3)
        #expect(request.entries.map { [text($0.key), text($0.value)] } == [["tenant", "acme"], ["user", "ü"], ["path", ""]])
        #expect(request.descriptors[0] == .init(entries: 0..<2))
        #expect(
            request.descriptors[1]
                == .init(entries: 2..<3, limit: .init(requestsPerUnit: 7, unit: 2), hits: 300))
        #expect(request.descriptors[2] == .init(entries: 3..<3, isNegative: true))
    }

    @Test("a message cut at any place is malformed, or another message that ends there")
    func truncation() {
        let bytes = RateLimitWire.request("edge", [.init([("tenant", "acme")], limit: (70_000, 1))], hits: 300)
        #expect(decode(bytes) == nil)
        for end in 0..<bytes.count {
            let fault = decode(Array(bytes[..<end]))
            // Behind the domain, and behind the descriptor, a message may end.
            #expect((fault == nil) == [0, 6, bytes.count - 3].contains(end), "\(end)")
        }
    }

    @Test("skips fields it does not know, and known ones in another encoding")
    func unknown() {
        let known = RateLimitWire.request("edge", [.init([("tenant", "acme")])])
        let unknown: [UInt8] = [
            0x28, 0x80, 0x01, 0x31, 1, 2, 3, 4, 5, 6, 7, 8, 0x3d, 1, 2, 3, 4, 0x42, 2, 9, 9, 0x08, 7, 0x1a, 1, 0,
        ]
        #expect(decode(unknown + known) == nil)
        #expect(request.descriptors.count == 1 && request.entries.count == 1 && request.hitsAddend == 0)
    }

    @Test(
        "refuses what is no protobuf",
        arguments: [
            [0x00, 0x00], [0x0b], [0x0c], [0x0e], [0x0f], [0x0a, 0x05, 1], [0x18], [0x18, 0x80],
            [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
            [0x18, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            [0x12, 0x02, 0x0a, 0x05], [0x12, 0x04, 0x0a, 0x02, 0x0a, 0x05], [0x12, 0x03, 0x12, 0x01, 0x08],
            [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [0x31, 1, 2, 3],
        ] as [[UInt8]])
    func malformed(bytes: [UInt8]) { #expect(decode(bytes) == .malformed) }

    @Test("the last of a field that comes twice counts, and messages are merged")
    func twice() {
        let limits: [UInt8] = [0x12, 8, 0x12, 2, 0x08, 9, 0x12, 2, 0x10, 3]
        #expect(decode([0x0a, 1, 0x61, 0x0a, 1, 0x62, 0x18, 1, 0x18, 2] + limits) == nil)
        #expect(request.hitsAddend == 2 && request.domain == ByteRange(5, 6))
        #expect(request.descriptors.first?.limit == .init(requestsPerUnit: 9, unit: 3))
    }

    @Test("takes as many descriptors and entries as it says, not one more")
    func bounds() {
        let most = RateLimitRequest.maximumDescriptors
        #expect(decode(RateLimitWire.request("d", .init(repeating: .init([]), count: most))) == nil)
        #expect(decode(RateLimitWire.request("d", .init(repeating: .init([]), count: most + 1))) == .tooManyDescriptors)
        let entries = [(String, String)](repeating: ("", ""), count: RateLimitRequest.maximumEntries)
        #expect(decode(RateLimitWire.request("d", [.init(entries)])) == nil)
        #expect(decode(RateLimitWire.request("d", [.init(entries), .init([("a", "b")])])) == .tooManyEntries)
    }
}
