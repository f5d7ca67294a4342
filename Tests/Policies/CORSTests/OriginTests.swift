import Bytes
import CORS
import Testing

@Suite("Origins")
struct OriginTests {
    static let exact = ["https://app.example.com", "http://localhost:3000", "http://[::1]:8080", "capacitor://localhost", "null"]

    @Test("that are listed are allowed", arguments: exact)
    func listed(origin: String) throws { #expect(try rules(Self.exact).allows(origin)) }

    @Test(
        "that are not written exactly so are not",
        arguments: [
            "", "https://", "https://app.example.com/", "https://app.example.com.", "https://app.example.com:443",
            "https://app.example.com:8443", "http://app.example.com", "https://APP.example.com", "HTTPS://app.example.com",
            "https://user@app.example.com", "https://app.example.com@evil.example", "https://evil-app.example.com",
            "https://app.example.com.evil.example", "https://x.app.example.com", "https://example.com", "app.example.com",
            "//app.example.com", " https://app.example.com", "https://app.example.com ", "https://app.example.com,null",
            "https://app.example.com https://evil.example", "https://evil.example https://app.example.com",
            "http://localhost", "http://localhost:3001", "http://127.0.0.1:3000", "http://[::1]", "http://[::2]:8080",
            "http://[0:0:0:0:0:0:0:1]:8080", "capacitor://localhost:1", "NULL", "Null", "null,", "*", "file://",
        ])
    func unlisted(origin: String) throws { #expect(try !rules(Self.exact).allows(origin)) }

    @Test(
        "of one label below a domain are allowed",
        arguments: ["a", "a-1", "1", "xn--bcher-kva", "a_b", String(repeating: "a", count: 63)])
    func label(name: String) throws {
        let rules = try rules(["https://*.example.com", "http://*.example.com:8080", "http://*.localhost:3000"])
        for origin in ["https://\(name).example.com", "http://\(name).example.com:8080", "http://\(name).localhost:3000"] {
            #expect(rules.allows(origin), "\(origin)")
        }
        // Scheme and port belong together.
        for origin in ["http://\(name).example.com", "https://\(name).example.com:8080", "http://\(name).localhost"] {
            #expect(!rules.allows(origin), "\(origin)")
        }
    }

    @Test(
        "of anything else below or beside the domain are not",
        arguments: [
            "https://example.com", "https://.example.com", "https://a.b.example.com", "https://evil-example.com",
            "https://evilexample.com", "https://a.example.com.evil.example", "https://a.example.comevil.example",
            "https://a.example.com/", "https://a.example.com.", "https://a.example.com:443", "https://a.example.com:8443",
            "https://A.example.com", "https://a.EXAMPLE.com", "https://user@a.example.com", "https://user:pw@a.example.com",
            "https://evil.example/a.example.com", "https://evil.example#.example.com", "https://evil.example?.example.com",
            "https://evil.example\\.example.com", "https://a%2eb.example.com", "https://a b.example.com", "https://*.example.com",
            "https://\(String(repeating: "a", count: 64)).example.com", "https:/a.example.com", "https:a.example.com", ":", "://",
            "://a.example.com", "https://[::1].example.com", "null", "ahttps://a.example.com", "https://a", "https://a.",
            "https://evil.example https://a.example.com",
        ])
    func notLabel(origin: String) throws { #expect(try !rules(["https://*.example.com"]).allows(origin)) }

    @Test("of every byte in the place of the label are allowed only where a host may have it")
    func everyByte() throws {
        let rules = try rules(["https://*.example.com"])
        for byte in UInt8.min ... .max {
            let origin = Array("https://a".utf8) + [byte] + Array("b.example.com".utf8)
            let isLabel = (97...122).contains(byte) || (48...57).contains(byte) || byte == 45 || byte == 95
            #expect(origin.withByteView { rules.allows(origin: $0) } == isLabel, "\(byte)")
        }
    }

    @Test("are all allowed by the star")
    func any() throws {
        let rules = try rules(["*"])
        for origin in ["https://app.example.com", "null", ""] { #expect(rules.allows(origin)) }
        #expect(rules.fields("https://a.example").first == "access-control-allow-origin: *")
    }

    @Test("are allowed by none where none is listed, and by rules that are broken")
    func none() throws {
        for rules in [try rules([]), .nothing] {
            for origin in ["https://app.example.com", "null", "", "*"] { #expect(!rules.allows(origin)) }
        }
    }

    @Test("are found among as many as there may be, whatever they begin with")
    func many() throws {
        let listed = (0..<CORSLimits.origins / 2).flatMap { ["https://app\($0).example.com", "https://*.t\($0).example.com"] }
        let rules = try rules(listed.shuffled())
        for index in 0..<CORSLimits.origins / 2 {
            #expect(rules.allows("https://app\(index).example.com") && rules.allows("https://x.t\(index).example.com"))
            #expect(!rules.allows("https://app\(index).example.co") && !rules.allows("https://t\(index).example.com"))
        }
        #expect(!rules.allows("https://app128.example.com") && !rules.allows("https://x.t128.example.com"))
    }

    @Test("longer than any host are not looked at")
    func long() throws {
        let label = String(repeating: "a", count: 60)
        let host = Array(repeating: label, count: 4).joined(separator: ".")
        #expect(try rules(["https://\(host)"]).allows("https://\(host)"))
        #expect(
            try !rules(["https://*.example.com"]).allows("https://" + String(repeating: "a", count: 100_000) + ".example.com"))
    }

    @Test(
        "are refused in rules as no browser can send them",
        arguments: [
            "", "app.example.com", "https://", "https:///", "https://app.example.com/", "https://app.example.com/x",
            "https://a?b",
            "https://a#b", "https://user@a.example", "https://a.example.", "https://.example.com", "https://a..b",
            "https://a:443",
            "http://a:80", "https://a:0", "https://a:080", "https://a:65536", "https://a:", "https://a:x", "https://A.example",
            "HTTPS://a.example", "https://[::1", "https://[0:0::1]", "https://[::G]", "1://a", "://a", "a b://c", "https://a b",
            "https://a,b", "https://ä.example", "NULL", "https://*", "https://*.", "https://*.com", "https://*example.com",
            "https://*.*.example.com", "https://a.*.example.com", "https://*.10.0.0.1", "https://*.[::1]", "*.example.com",
            "**", "*://a.example", "https://\(String(repeating: "a", count: 255))", "https://a\r\nX: y", "https://a\u{0}",
        ])
    func refused(origin: String) { #expect(faults(CORSDescription(origins: [origin])) == ["cors-origin /origins/0"]) }

    @Test("are named in the message of what is wrong, with what to write")
    func message() {
        guard case .failure(let faults) = CORSRules.compile(CORSDescription(origins: ["HTTPS://App.example", "https://b:443"]))
        else {
            Issue.record("compiled")
            return
        }
        #expect(
            faults.all.map(\.message) == [
                #""HTTPS://App.example" is written as browsers never do; write https://app.example"#,
                #""https://b:443" names the port that browsers leave out; leave ":443" out"#,
            ])
    }
}
