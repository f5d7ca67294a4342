import CORS
import HTTPSemantics
import Testing

@Suite("Rules")
struct RulesTests {
    private static let origin = "https://app.example.com"

    @Test("write the fields of an answer, the origin as it came and nothing else of the request")
    func fields() throws {
        let exposed = "access-control-expose-headers: Retry-After, RateLimit, RateLimit-Policy, traceparent, X-Request-ID"
        let plain = try rules(["https://*.example.com"])
        #expect(plain.fields(Self.origin) == ["access-control-allow-origin: \(Self.origin)", exposed])
        let credentials = try rules([Self.origin]) { $0.allowsCredentials = true }
        #expect(
            credentials.fields(Self.origin)
                == ["access-control-allow-origin: \(Self.origin)", "access-control-allow-credentials: true", exposed])
        let own = try rules([Self.origin]) { $0.exposedHeaders = ["X-Own"] }
        #expect(own.fields(Self.origin).last == "access-control-expose-headers: X-Own")
        let silent = try rules([Self.origin]) { $0.exposedHeaders = [] }
        #expect(silent.fields(Self.origin).count == 1)
    }

    @Test("expose the status of a call to pages that speak gRPC-Web")
    func grpcWeb() throws {
        #expect(
            try rules([Self.origin]) { $0.exposedHeaders = ["X-Own"] }.fields(Self.origin, forGRPCWeb: true).last
                == "access-control-expose-headers: X-Own, grpc-status, grpc-message, grpc-status-details-bin")
    }

    @Test("write the fields of a preflight")
    func preflight() throws {
        let rules = try rules([Self.origin]) {
            $0.allowsCredentials = true
            $0.methods = ["GET", "PUT"]
            $0.headers = ["Authorization", "X-Own"]
            $0.maximumAgeSeconds = 5
        }
        #expect(
            rules.preflightFields(Self.origin) == [
                "access-control-allow-origin: \(Self.origin)", "access-control-allow-credentials: true",
                "access-control-allow-methods: GET, PUT", "access-control-allow-headers: Authorization, X-Own",
                "access-control-max-age: 5",
            ])
    }

    @Test("have the defaults of a program that calls an API with a token")
    func defaults() throws {
        let fields = try rules([Self.origin]).preflightFields(Self.origin)
        #expect(fields.contains("access-control-allow-methods: GET, HEAD, POST, PUT, PATCH, DELETE"))
        #expect(fields.contains("access-control-max-age: 600"))
        #expect(try rules([Self.origin]).allows(headers: "authorization,content-type,x-request-id"))
    }

    @Test("allow the methods they name and no other")
    func methods() throws {
        let rules = try rules([Self.origin]) { $0.methods = ["GET", "OPTIONS"] }
        for method in RequestMethod.allCases { #expect(rules.allows(method: method) == (method == .get || method == .options)) }
    }

    @Test(
        "allow the header fields they name in any case",
        arguments: [
            ("", true), (" ", true), (",", true), ("x-own", true), ("X-OWN", true), ("x-own,content-type", true),
            ("x-own , X-Own", true),
            ("x-other", false), ("x-own,x-other", false), ("x-ow", false), ("x-own2", false), ("x own", false),
            ("\"x-own\"", false),
            ("x-own:1", false), ("*", false), ("authorization", false),
        ])
    func headers(list: String, isAllowed: Bool) throws {
        #expect(try rules([Self.origin]) { $0.headers = ["X-Own", "Content-Type"] }.allows(headers: list) == isAllowed)
    }

    @Test("allow by a star every header field but the one that carries credentials")
    func anyHeader() throws {
        let star = try rules([Self.origin]) { $0.headers = ["*"] }
        #expect(star.allows(headers: "x-anything,content-type"))
        #expect(!star.allows(headers: "x-anything,Authorization") && !star.allows(headers: "a b"))
        #expect(try rules([Self.origin]) { $0.headers = ["*", "Authorization"] }.allows(headers: "authorization,x-anything"))
    }

    @Test("look at no more header fields than a request may sensibly ask for")
    func manyHeaders() throws {
        let star = try rules([Self.origin]) { $0.headers = ["*"] }
        let names = (0...CORSLimits.headers).map { "x-\($0)" }
        #expect(star.allows(headers: names.dropLast().joined(separator: ",")))
        #expect(!star.allows(headers: names.joined(separator: ",")))
    }

    @Test("are wrong where credentials meet a wildcard")
    func credentials() {
        var description = CORSDescription(origins: ["*"])
        description.allowsCredentials = true
        #expect(faults(description) == ["cors-credentials /origins/0"])
        description.origins = [Self.origin, "https://*.example.com", "null"]
        #expect(faults(description) == [])
        description.headers = ["X-Own", "*"]
        description.exposedHeaders = ["*"]
        #expect(faults(description) == ["cors-credentials /headers/1", "cors-credentials /exposed_headers/0"])
        description.allowsCredentials = false
        #expect(faults(description) == [])
    }

    @Test("are wrong with a star beside other origins, with repetitions and with names that are none")
    func wrong() {
        #expect(faults(CORSDescription(origins: ["*", Self.origin])) == ["cors-origin /origins/0"])
        #expect(faults(CORSDescription(origins: [Self.origin, Self.origin])) == ["cors-duplicate /origins/1"])
        var description = CORSDescription(origins: [])
        description.methods = ["GET", "get", "TRACE", "CONNECT", "PURGE", "*", "GET"]
        #expect(faults(description) == ["cors-duplicate /methods/6"] + (1...5).map { "cors-method /methods/\($0)" })
        description = CORSDescription(origins: [])
        description.headers = [
            "X-Own", "x-own", "", "a b", "a:", "a\r\nb", String(repeating: "a", count: CORSLimits.headerBytes + 1),
        ]
        #expect(faults(description) == ["cors-duplicate /headers/1"] + (2...6).map { "cors-header /headers/\($0)" })
    }

    @Test("are bounded in number and in seconds", arguments: [(0, true), (86_400, true), (-1, false), (86_401, false)])
    func bounds(seconds: Int, isRight: Bool) {
        var description = CORSDescription(origins: (0..<CORSLimits.origins).map { "https://a\($0)" })
        description.headers = (0..<CORSLimits.headers).map { "x-\($0)" }
        description.exposedHeaders = description.headers
        description.maximumAgeSeconds = seconds
        #expect(faults(description) == (isRight ? [] : ["out-of-range /max_age"]))
        description.maximumAgeSeconds = 0
        description.origins.append("https://b")
        description.headers.append("x-b")
        description.exposedHeaders.append("x-b")
        #expect(faults(description) == ["cors-too-many /origins", "cors-too-many /headers", "cors-too-many /exposed_headers"])
    }
}
