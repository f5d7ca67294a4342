import Bytes
import Documents
import HTTPSemantics
import OpenAPI
import Testing

@testable import GatewayCore

@Suite("Versions of the API")
struct VersionTests {
    private static let digest = String(repeating: "0f", count: 32)

    private func notice(_ number: Int, sunset: String = "2027-06-30", link: String? = nil) throws -> VersionNotice {
        let mark = VersionMark(
            deprecated: UTCTime(unixSeconds: 0), sunset: try #require(UTCTime(sunset)), link: link, digest: Self.digest)
        return VersionNotice(APIVersion(number: number), mark, base: "/api")
    }

    @Test("a version is v and a number without leading zeros")
    func names() {
        #expect(APIVersion("v1")?.number == 1 && APIVersion("v99")?.text == "v99")
        for text in ["", "v", "v0", "v01", "v100", "V1", "1", "v1 ", "v-1", "v+1", "v٣", "v99999999999999999999"] {
            #expect(APIVersion(text) == nil, "\(text)")
        }
        #expect(APIVersion(below: "/api", path: "/api/v2/x")?.number == 2)
        #expect(APIVersion(below: "/api", path: "/api/v2")?.number == 2)
        #expect(APIVersion(below: "", path: "/v3/x")?.number == 3)
        for path in ["/api", "/api/", "/apiv2", "/api/x/v2", "/v2", "/api/v2x"] {
            #expect(APIVersion(below: "/api", path: path) == nil, "\(path)")
        }
    }

    @Test("a date is its last second; what no calendar has is no date")
    func times() {
        #expect(UTCTime("2027-06-30")?.text == "2027-06-30T23:59:59Z")
        #expect(UTCTime("2024-02-29T00:00:00Z")?.unixSeconds == 1_709_164_800)
        #expect(UTCTime("1970-01-01T00:00:00Z")?.unixSeconds == 0)
        for text in [
            "", "2027-6-30", "2027-02-30", "2023-02-29", "2027-06-30T24:00:00Z", "2027-06-30T23:59:60Z", "2027-06-30T23:59:59",
            "2027-06-30t23:59:59z", "2027-06-30T23:59:59+00:00", "1969-12-31", "20270630", "2027-06-3x", "2027/06/30",
            "2027-06-30T23:59:59Zx", "+027-06-30",
        ] {
            #expect(UTCTime(text) == nil, "\(text)")
        }
    }

    @Test("a mark reads what it writes, and nothing else")
    func marks() throws {
        for link in [nil, "https://example.com/a?b=c&d#e"] {
            let mark = VersionMark(
                deprecated: try #require(UTCTime("2026-11-24T10:00:00Z")), sunset: try #require(UTCTime("2027-06-30")),
                link: link,
                digest: Self.digest)
            #expect(try VersionMark.read(mark.json, file: "m").get() == mark)
        }
        let good = #"{"deprecated":"2026-11-24T10:00:00Z","sunset":"2027-06-30T23:59:59Z","sha256":"\#(Self.digest)"}"#
        #expect((try? VersionMark.read(Array(good.utf8), file: "m").get()) != nil)
        // What later gateways say beside it is nothing to this one.
        #expect((try? VersionMark.read(Array(good.replacing("}", with: #","more":1}"#).utf8), file: "m").get()) != nil)
        for bad in [
            "", "[]", "{}", good.replacing("2026-11-24T10:00:00Z", with: "yesterday"), good.replacing("0f0f", with: "0F0F"),
            good.replacing("0f0f", with: ""), good.replacing("}", with: #","link":"ftp://x"}"#),
            good.replacing("}", with: #","link":"https://x/\r\nset-cookie: a"}"#),
            good.replacing("}", with: #","link":"https://x/>; rel=\"y\""}"#),
            String(repeating: " ", count: 17_000) + good,
        ] {
            #expect(throws: VersionFault.self, "\(bad.prefix(200))") { try VersionMark.read(Array(bad.utf8), file: "m").get() }
        }
    }

    @Test("a version's path is itself and all below it")
    func paths() throws {
        let table = try #require(VersionTable([try notice(1), try notice(2)]))
        for (path, number) in [
            ("/api/v1", 1), ("/api/v1/", 1), ("/api/v1/a/b", 1), ("/api/v2/a", 2), ("/api/v10/a", nil), ("/api/v", nil),
            ("/api", nil), ("/", nil), ("/x/api/v1/a", nil), ("/api/v3/a", nil),
        ] as [(String, Int?)] {
            #expect(path.withByteView { table.notice(of: $0)?.version.number } == number, "\(path)")
        }
        #expect(VersionTable([]) == nil)
    }

    @Test("answers say until when, and where to read on")
    func fields() throws {
        let own = try notice(1, link: "https://example.com/x")
        #expect(
            String(decoding: own.fields, as: UTF8.self)
                == "deprecation: true\r\nsunset: Wed, 30 Jun 2027 23:59:59 GMT\r\nlink: <https://example.com/x>; rel=\"deprecation\"\r\n"
        )
        #expect(try notice(1).fieldValues.last?.value == "</api-docs/v1>; rel=\"deprecation\"")
    }

    @Test("below a version that is over everything is gone, in its last second nothing is")
    func sunset() throws {
        let pipeline = try Platform().pipeline()
        pipeline.adopt(VersionTable([try notice(1)]))
        let end = try #require(UTCTime("2027-06-30")).unixSeconds
        for (time, words) in [(end, ["proceed", "404 not-found"]), (end + 1, ["410 version-sunset", "410 version-sunset"])] {
            pipeline.unixSeconds = time
            #expect(try pipeline.word(head("GET /api/v1/public")) == words[0])
            #expect(try pipeline.word(head("GET /api/v1/nowhere")) == words[1])
        }
        #expect(try pipeline.word(head("GET /api/v2/nowhere")) == "404 not-found")
        #expect(try pipeline.word(head("GET /live")) == "proceed")
        // Nothing of a request is left for the next.
        let request = try arrived(head("GET /api/v1/nowhere"))
        _ = pipeline.run(request)
        #expect(request.notice != nil)
        request.end()
        #expect(request.notice == nil)
    }

    @Test("documents of services with and without one")
    func documents() throws {
        let documents = try Platform().snapshot().documents
        let crm = try documents.merged(APIVersion(number: 1), base: "/api")
        let (own, findings) = OpenAPIDocument.load(text: crm.yaml, file: "m.yaml")
        #expect(own?.operations.contains { $0.path == "/api/v1/contacts" } == true, "\(findings)")
        #expect(own?.operations.contains { $0.path.contains("shelves") } == false)
        let shop = try documents.merged(APIVersion(number: 1), base: "")
        let (annotated, faults) = OpenAPIDocument.load(text: shop.json, file: "m.json")
        let paths = annotated?.operations.map { "\($0.method.token) \($0.path)" } ?? []
        #expect(paths.contains { $0.contains("/v1/shelves/{") }, "\(faults)")
        #expect(try PlatformDocuments.json(ofSnapshot: shop.yaml, file: "m") == shop.json)
        #expect(throws: VersionFault("no document has a path below /api/v7")) {
            try documents.merged(APIVersion(number: 7), base: "/api")
        }
    }
}
