import Bytes
import CORS
import Testing

@Suite("Rules in JSON")
struct JSONTests {
    private static let complete = """
        {"origins": ["https://app.example.com", "https://*.example.com"], "methods": ["GET"], "headers": ["X-Own"],
         "exposed_headers": ["X-Seen"], "credentials": true, "max_age": 60}
        """

    private func rules(_ json: String) throws -> CORSRules { try json.withByteView { CORSRules.decode(json: $0) }.get() }

    @Test("have the members of the configuration")
    func complete() throws {
        let rules = try rules(Self.complete)
        #expect(rules.allows("https://app.example.com") && rules.allows("https://x.example.com") && !rules.allows("null"))
        #expect(
            rules.preflightFields("https://x.example.com") == [
                "access-control-allow-origin: https://x.example.com", "access-control-allow-credentials: true",
                "access-control-allow-methods: GET", "access-control-allow-headers: X-Own", "access-control-max-age: 60",
            ])
        #expect(rules.fields("https://x.example.com").last == "access-control-expose-headers: X-Seen")
    }

    @Test("have the same defaults")
    func defaults() throws {
        let decoded = try rules(#"{"origins": ["https://a"]}"#)
        let compiled = try CORSRules.compile(CORSDescription(origins: ["https://a"])).get()
        #expect(decoded.preflightFields("https://a") == compiled.preflightFields("https://a"))
        #expect(decoded.fields("https://a") == compiled.fields("https://a"))
        #expect(try !rules(#"{"origins": []}"#).allows("https://a"))
    }

    @Test(
        "are wrong at a place",
        arguments: [
            ("", ["cors-json "]), ("{", ["cors-json "]), ("{} x", ["cors-json "]), ("\u{feff}{}", ["cors-json "]),
            ("[]", ["wrong-type "]),
            ("null", ["wrong-type "]), ("\"x\"", ["wrong-type "]), ("{}", ["missing-key /origins"]),
            (#"{"origins": [], "origins": []}"#, ["cors-json "]), (#"{"origins": "https://a"}"#, ["wrong-type /origins"]),
            (#"{"origins": ["https://a", 1, null]}"#, ["wrong-type /origins/1", "wrong-type /origins/2"]),
            (#"{"origins": ["https://a/"]}"#, ["cors-origin /origins/0"]),
            (#"{"origins": [], "credentials": "yes"}"#, ["wrong-type /credentials"]),
            (#"{"origins": [], "max_age": "60s"}"#, ["wrong-type /max_age"]),
            (#"{"origins": [], "max_age": 0.5}"#, ["wrong-type /max_age"]),
            (#"{"origins": [], "max_age": 1e9}"#, ["out-of-range /max_age"]),
            (#"{"origins": [], "max_age": -1}"#, ["out-of-range /max_age"]),
            (#"{"origins": [], "allow_origins": [], "a/~b": 1}"#, ["unknown-key /allow_origins", "unknown-key /a~1~0b"]),
            (#"{"origins": [], "methods": ["get"], "headers": [""]}"#, ["cors-method /methods/0", "cors-header /headers/0"]),
            (#"{"origins": ["*"], "credentials": true}"#, ["cors-credentials /origins/0"]),
            (#"{"origins": ["https://a\r\nx"]}"#, ["cors-origin /origins/0"]),
        ] as [(String, [String])])
    func wrong(json: String, expected: [String]) { #expect(faults(json: json) == expected) }

    @Test("are bounded in bytes, in entries and in what is said of them")
    func bounds() {
        #expect(faults(json: #"{"origins": []}"# + String(repeating: " ", count: CORSLimits.jsonBytes)) == ["cors-json "])
        let origins = (0...CORSLimits.origins).map { #""https://a\#($0)""# }.joined(separator: ",")
        #expect(faults(json: #"{"origins": [\#(origins)]}"#) == ["cors-too-many /origins"])
        let members = (0..<1000).map { #""m\#($0)": 1"# }.joined(separator: ",")
        #expect(faults(json: #"{"origins": [], \#(members)}"#).count == CORSLimits.faults)
    }

    @Test("cut short anywhere are no rules")
    func truncated() {
        let bytes = Array(Self.complete.utf8)
        for count in 0..<bytes.count {
            let isRight =
                if case .success = bytes[..<count].withUnsafeBytes({ CORSRules.decode(json: ByteView($0)) }) { true } else {
                    false
                }
            #expect(!isRight, "\(count)")
        }
    }
}
