import Bytes
import Testing

@testable import GatewayCore

@Suite("Who the client is behind proxies")
struct ClientTests {
    private static let trusted = "trusted_proxies: [10.0.0.0/8, \"2001:db8::/32\"]"

    private func resolved(_ fields: [String], from peer: String) throws -> RequestContext {
        let request = try arrived(head("GET /api/v1/public", fields), from: peer)
        let pipeline = try Platform.adding(Self.trusted).pipeline()
        #expect(pipeline.word(request) == "proceed")
        return request
    }

    @Test(
        "X-Forwarded-For is walked from the right over trusted proxies to the first stranger",
        arguments: [
            ([], "10.0.0.1", "10.0.0.1"), (["198.51.100.7"], "10.0.0.1", "198.51.100.7"),
            (["198.51.100.7, 10.0.0.2"], "10.0.0.1", "198.51.100.7"),
            (["198.51.100.7", "10.0.0.3, 10.0.0.2"], "10.0.0.1", "198.51.100.7"),
            (["192.0.2.66, 198.51.100.7, 10.0.0.2"], "10.0.0.1", "198.51.100.7"),
            (["10.0.0.3, 10.0.0.2"], "10.0.0.1", "10.0.0.3"), (["198.51.100.7"], "2001:db8::1", "198.51.100.7"),
            (["2001:db9::7, 2001:db8::2"], "10.0.0.1", "2001:db9::7"), (["198.51.100.7, unknown"], "10.0.0.1", "10.0.0.1"),
            (["198.51.100.7, bad, 10.0.0.2"], "10.0.0.1", "10.0.0.2"), (["", " , ,198.51.100.7 ,"], "10.0.0.1", "198.51.100.7"),
        ])
    func walk(fields: [String], peer: String, client: String) throws {
        let request = try resolved(fields.map { "X-Forwarded-For: \($0)" }, from: peer)
        #expect(String(decoding: request.peer.text, as: UTF8.self) == client)
        #expect(String(decoding: request.connectionPeer.text, as: UTF8.self) == peer)
        #expect(request.isPeerTrusted)
    }

    @Test("a stranger's X-Forwarded-For is not believed")
    func spoofed() throws {
        let request = try resolved(["X-Forwarded-For: 198.51.100.7", "X-Forwarded-Proto: https"], from: "203.0.113.9")
        #expect(String(decoding: request.peer.text, as: UTF8.self) == "203.0.113.9")
        #expect(!request.isPeerTrusted)
        #expect(request.forwardedProtocol.description == "http")
    }

    @Test("many addresses sent by the client do not push out the one a proxy adds", arguments: [1, 31, 32, 33, 500])
    func flood(count: Int) throws {
        let sent = Array(repeating: "192.0.2.66", count: count).joined(separator: ",")
        for fields in [["\(sent),198.51.100.7"], [sent, "198.51.100.7"]] {
            let request = try resolved(fields.map { "X-Forwarded-For: \($0)" }, from: "10.0.0.1")
            #expect(String(decoding: request.peer.text, as: UTF8.self) == "198.51.100.7")
        }
    }

    @Test(
        "a trusted proxy's X-Forwarded-Proto counts, in any case, when it is a protocol",
        arguments: [("https", "https"), ("HTTPS", "https"), ("http", "http"), ("ftp", "http"), ("", "http")])
    func proto(sent: String, scheme: String) throws {
        let request = try resolved(["X-Forwarded-Proto: \(sent)"], from: "10.0.0.1")
        #expect(request.forwardedProtocol.description == scheme)
    }

    @Test("a request forgets the client of the one before")
    func reuse() throws {
        let pipeline = try Platform.adding(Self.trusted).pipeline()
        let request = try arrived(head("GET /api/v1/public", ["X-Forwarded-For: 198.51.100.7"]), from: "10.0.0.1")
        #expect(pipeline.word(request) == "proceed")
        request.end()
        try arrive(request, head("GET /api/v1/public", ["X-Forwarded-For: 198.51.100.8"]))
        #expect(pipeline.word(request) == "proceed")
        #expect(!request.isPeerTrusted && String(decoding: request.peer.text, as: UTF8.self) == "203.0.113.9")
    }
}
