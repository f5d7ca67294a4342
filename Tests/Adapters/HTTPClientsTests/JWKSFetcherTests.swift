import AsyncHTTPClient
import HTTPClients
import Testing
import TokenVerification

@Suite("JWKS fetcher")
struct JWKSFetcherTests {
    private func with<Value>(
        _ answers: [String: TestServer.Answer], timeout: Duration = .seconds(20), maximumBytes: Int = KeySet.maximumBytes,
        _ body: (JWKSFetcher, TestServer) async throws -> Value
    ) async throws -> Value {
        let server = try await TestServer(answers)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: JWKSFetcher.configuration)
        let outcome: Result<Value, any Error>
        do {
            let fetcher = JWKSFetcher(client: client, timeout: timeout, maximumBytes: maximumBytes)
            outcome = .success(try await body(fetcher, server))
        } catch { outcome = .failure(error) }
        try await client.shutdown()
        try await server.stop()
        return try outcome.get()
    }

    private func code(_ answer: TestServer.Answer, timeout: Duration = .seconds(20), maximumBytes: Int = KeySet.maximumBytes)
        async throws
        -> KeySourceFault.Code?
    {
        try await with(["/jwks": answer], timeout: timeout, maximumBytes: maximumBytes) { fetcher, server in
            switch await fetcher.fetch(server.url("/jwks")) {
            case .success: nil
            case .failure(let fault): fault.code
            }
        }
    }

    @Test("answers the document, and the store can use it")
    func fetches() async throws {
        try await with(["/jwks": .ok(String(decoding: Documents.rotated, as: UTF8.self))]) { fetcher, server in
            let document = try await fetcher.fetch(server.url("/jwks")).get()
            #expect(document == Documents.rotated)
            let store = KeyStore(publish: { _ in }, report: { _ in })
            store.setIssuers([KeyStore.Issuer(IssuerRule(issuer: "https://iam"), .url(server.url("/jwks"), fetcher))])
            await store.loadDue()
            #expect(store.ring.keyCount == 2)
        }
    }

    @Test(
        "takes JSON by any of its types, and bytes of no type",
        arguments: ["application/json", "application/jwk-set+json; charset=utf-8", "application/octet-stream", "TEXT/PLAIN", nil])
    func types(_ type: String?) async throws {
        #expect(try await code(.ok("{}", type: type)) == nil)
    }

    @Test("refuses a page", arguments: ["text/html", "text/html; profile=json", "image/png"])
    func page(_ type: String) async throws {
        #expect(try await code(.ok("{}", type: type)) == .contentType)
    }

    @Test("refuses every status but 200", arguments: [201, 204, 304, 400, 401, 404, 500, 503])
    func status(_ status: Int) async throws {
        #expect(
            try await code(TestServer.Answer("HTTP/1.1 \(status) X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")) == .status
        )
    }

    @Test("does not follow a redirect", arguments: [301, 302, 303, 307, 308])
    func redirect(_ status: Int) async throws {
        let answers: [String: TestServer.Answer] = [
            "/jwks": TestServer.Answer(
                "HTTP/1.1 \(status) X\r\nlocation: /keys\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
            "/keys": .ok("{}"),
        ]
        try await with(answers) { fetcher, server in
            guard case .failure(let fault) = await fetcher.fetch(server.url("/jwks")) else {
                Issue.record("followed")
                return
            }
            #expect(fault.code == .status)
        }
    }

    @Test("the size limit holds to the byte, with and without a declared length")
    func size() async throws {
        func chunked(_ length: Int) -> TestServer.Answer {
            TestServer.Answer(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\(String(length, radix: 16))\r\n"
                    + String(repeating: " ", count: length) + "\r\n0\r\n\r\n")
        }
        #expect(try await code(.ok(String(repeating: " ", count: 1000)), maximumBytes: 1000) == nil)
        #expect(try await code(.ok(String(repeating: " ", count: 1001)), maximumBytes: 1000) == .tooLarge)
        #expect(try await code(chunked(1000), maximumBytes: 1000) == nil)
        #expect(try await code(chunked(1001), maximumBytes: 1000) == .tooLarge)
    }

    @Test("a server that never answers, or never ends its body, is given up")
    func timeout() async throws {
        let silent = TestServer.Answer("", staysOpen: true)
        #expect(try await code(silent, timeout: .milliseconds(50)) == .timeout)
        let endless = TestServer.Answer("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", staysOpen: true)
        #expect(try await code(endless, timeout: .milliseconds(50)) == .timeout)
    }

    @Test(
        "a connection that breaks, garbage, and nobody there are one fault",
        arguments: ["", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"])
    func broken(_ text: String) async throws {
        #expect(try await code(TestServer.Answer(text)) == .unreachable)
    }

    @Test(
        "an address where nobody listens, and a text that is no URL, are faults",
        arguments: ["http://127.0.0.1:1/jwks", "ftp://x/y", "nonsense", ""])
    func nobody(_ url: String) async throws {
        try await with([:]) { fetcher, _ in
            guard case .failure(let fault) = await fetcher.fetch(url) else {
                Issue.record("fetched")
                return
            }
            #expect(fault.code == .unreachable)
        }
    }
}
