import Bytes
import RESP
import Testing

@testable import Valkey

private let sender = ValkeyAddress(host: "sender", port: 7000)

private func topology(_ text: String, limit: Int = 8) throws -> ValkeyTopology? {
    try Array(text.utf8).withUnsafeBytes { raw in
        let parser = RESPParser()
        guard case .complete = parser.parse(ByteView(raw)) else {
            Issue.record("no whole reply: \(text)")
            return nil
        }
        return ValkeyTopology(try #require(parser.value(in: ByteView(raw))), from: sender, limit: limit)
    }
}

/// One row of the answer.
private func row(_ first: Int, _ last: Int, _ nodes: [String]) -> String {
    "*\(2 + nodes.count)\r\n:\(first)\r\n:\(last)\r\n" + nodes.joined()
}

private func node(_ host: String?, _ port: Int) -> String {
    "*4\r\n" + (host.map { "$\($0.utf8.count)\r\n\($0)\r\n" } ?? "_\r\n") + ":\(port)\r\n+id\r\n%1\r\n+hostname\r\n+x\r\n"
}

@Suite struct ValkeyTopologyTests {
    @Test("slots belong to shards, several ranges to the same one")
    func shards() throws {
        let text =
            "*3\r\n" + row(0, 99, [node("a", 1), node("b", 2)]) + row(100, 16383, [node("c", 3)])
            + row(50, 50, [node("a", 1), node("b", 2)])
        let map = try #require(try topology(text))
        #expect(
            map.shards == [
                ValkeyTopology.Shard(primary: ValkeyAddress(host: "a", port: 1), replicas: [ValkeyAddress(host: "b", port: 2)]),
                ValkeyTopology.Shard(primary: ValkeyAddress(host: "c", port: 3), replicas: []),
            ])
        #expect(map.owners[0] == 0 && map.owners[99] == 0 && map.owners[100] == 1 && map.owners[16383] == 1)
    }

    @Test("slots of nobody are nobody's")
    func holes() throws {
        let map = try #require(try topology("*1\r\n" + row(1, 1, [node("a", 1)])))
        #expect(map.owners[0] == ValkeyTopology.noShard && map.owners[1] == 0 && map.owners[2] == ValkeyTopology.noShard)
        #expect(try topology("*0\r\n")?.shards == [])
    }

    @Test("a server without a name is the one that answered; one with an unknown name is left out")
    func names() throws {
        #expect(
            try topology("*1\r\n" + row(0, 1, [node("", 7001)]))?.shards.first?.primary
                == ValkeyAddress(host: "sender", port: 7001))
        #expect(
            try topology("*1\r\n" + row(0, 1, [node(nil, 7001)]))?.shards.first?.primary
                == ValkeyAddress(host: "sender", port: 7001))
        #expect(try topology("*1\r\n" + row(0, 1, [node("?", 7001)]))?.shards == [])
    }

    @Test(
        "refuses what is no map",
        arguments: [
            "+OK\r\n", "*1\r\n:1\r\n", "*1\r\n*2\r\n:0\r\n:1\r\n", "*1\r\n" + row(-1, 1, [node("a", 1)]),
            "*1\r\n" + row(2, 1, [node("a", 1)]), "*1\r\n" + row(0, 16384, [node("a", 1)]),
            "*1\r\n" + row(0, 9_223_372_036_854_775_807, [node("a", 1)]),
        ])
    func refused(_ text: String) throws { #expect(try topology(text) == nil) }

    @Test("ports outside their range name no server", arguments: [0, 65536, -1])
    func ports(_ port: Int) throws { #expect(try topology("*1\r\n" + row(0, 1, [node("a", port)]))?.shards == []) }

    @Test("refuses more servers than the limit")
    func limit() throws {
        let text = "*2\r\n" + row(0, 0, [node("a", 1), node("b", 2)]) + row(1, 1, [node("c", 3)])
        #expect(try topology(text, limit: 3) != nil)
        #expect(try topology(text, limit: 2) == nil)
    }

    @Test(
        "redirects",
        arguments: [
            ("3999 127.0.0.1:6381", 3999, ValkeyAddress(host: "127.0.0.1", port: 6381)),
            ("0 ::1:1", 0, ValkeyAddress(host: "::1", port: 1)),
            ("16383 :65535", 16383, ValkeyAddress(host: "sender", port: 65535)),
        ])
    func redirects(_ text: String, _ slot: UInt16, _ address: ValkeyAddress) throws {
        let redirect = try #require(text.withByteView { ValkeyRedirect($0, from: sender) })
        #expect(redirect.slot == slot && redirect.address == address)
    }

    @Test(
        "no redirects",
        arguments: [
            "", "1", "1 ", "1 a", "1 a:", "1 a:0", "1 a:65536", "1 a:x", "16384 a:1", "x a:1", "-1 a:1", " a:1", "1a:1",
            "999999 a:1",
        ])
    func noRedirects(_ text: String) { #expect(text.withByteView { ValkeyRedirect($0, from: sender) } == nil) }
}
