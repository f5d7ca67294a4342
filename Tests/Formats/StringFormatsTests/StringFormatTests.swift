import Bytes
import StringFormats
import Testing

@Suite struct StringFormatTests {
    static let valid: [(StringFormat, [String])] = [
        (.date, ["1963-06-19", "2020-02-29", "2000-02-29", "0000-01-01", "9999-12-31"]),
        (.time, ["08:30:06Z", "23:59:60Z", "15:59:60.5-08:00", "00:00:00.000+23:59", "08:30:06z"]),
        (.dateTime, ["1990-12-31T15:59:50.123-08:00", "1998-12-31T23:59:60Z", "1963-06-19t08:30:06z"]),
        (.dateTimeLocal, ["2024-01-01T00:00:00", "2024-01-01t23:59:60.5"]),
        (.timeLocal, ["00:00:00", "23:59:59.999"]),
        (.duration, ["P1Y", "P1Y2M3DT4H5M6S", "PT0S", "P2W", "P1M2D", "PT1H2M"]),
        (
            .email,
            [
                "a@b", "te~st@example.com", "\"joe bloggs\"@example.com", #""a\"b"@x.y"#, #""a\\"@x"#, "joe@[127.0.0.1]",
                "joe@[IPv6:::1]",
                String(repeating: "a", count: 64) + "@x.y",
            ]
        ),
        (.idnEmail, ["실례@실례.테스트", "\"é x\"@x", "a@b"]),
        (
            .hostname,
            [
                "a", "1", "a--b.c-d", "xn--9n2bp8q.xn--9t4b11yi5a", "XN--9N2BP8Q", String(repeating: "a", count: 63),
                (0..<4).map { _ in String(repeating: "a", count: 62) }.joined(separator: ".") + ".b",
            ]
        ),
        (.idnHostname, ["bücher.example", "faß.de", "a。b．c｡d", "l·l", "قرش", "example.com", "क्‍ष"]),
        (.ipv4, ["0.0.0.0", "255.255.255.255", "1.20.30.4"]),
        (
            .ipv6,
            [
                "::", "::1", "1::", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4",
                "A::f",
            ]
        ),
        (
            .uri,
            [
                "a:", "a:b", "http://h", "http://[::1]:80/", "http://[v1.a:b]", "http://u:p@h:/p?q#f", "x:/%20", "urn:a:b",
                "a+b-c.1:x",
            ]
        ),
        (.uriReference, ["", "a", "/", "//", "?", "#", "./a:b", "a/b:c", "//h:80", "%41"]),
        (.iri, ["http://é/ü?\u{E000}#ö"]),
        (.iriReference, ["", "é", "é/ü:ö"]),
        (.uuid, ["2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380"]),
        (.uriTemplate, ["", "{a}", "{+a,b*,c:9999}", "{,a}", "{a.b}", "x%20{%41}", "é'", "{?x_1}"]),
        (.jsonPointer, ["", "/", "/~0~1", "/a/é"]),
        (.relativeJSONPointer, ["0", "0#", "12/a", "1/~0"]),
        (.regex, ["", "^a$", #"(?<=a+)b"#, #"\p{L}"#]),
        (.byte, ["", "YQ==", "YWI=", "YWJj", "+/+/"]),
        (.base64url, ["", "YQ", "YQ==", "YWI", "YWI=", "YWJj", "-_-_"]),
        (.character, ["a", "é", "🐉"]),
    ]

    static let invalid: [(StringFormat, [String])] = [
        (
            .date,
            [
                "", "1963-6-19", "2021-02-29", "1900-02-29", "2020-04-31", "2020-00-01", "2020-01-00", "2020-13-01",
                "2020-01-01T", "2020-01",
            ]
        ),
        (
            .time,
            [
                "08:30:06", "24:00:00Z", "08:60:00Z", "08:30:61Z", "23:58:60Z", "08:30:06.Z", "08:30:06+24:00", "08:30:06+0100",
                "08:30:06Z ",
            ]
        ),
        (.dateTime, ["1990-12-31 15:59:50Z", "1990-12-31T15:59:50", "1990-02-30T00:00:00Z", "1990-12-31T22:59:60Z"]),
        (.dateTimeLocal, ["2024-01-01T00:00:00Z", "2024-01-01", "2024-01-01T00:00:00."]),
        (.timeLocal, ["00:00:00Z", "00:00", "24:00:00"]),
        (.duration, ["", "P", "PT", "P1", "1Y", "P1YT", "P1D1Y", "P1Y1D", "PT1H1S", "P1W1D", "PT1.5S", "-P1D", "P1H", "PT1W"]),
        (
            .email,
            [
                "", "@", "a", "a@", "@a", ".a@b", "a.@b", "a..b@c", "a b@c", "a@b..c", "a@-b", "a@b-", "a@[1.2.3]",
                "a@[1.2.3.256]", "a@[IPv6:1]",
                "a@[::1]", #""a"b"@c"#, "\"a@c", #""a\"@c"#, "é@c", "a@é", String(repeating: "a", count: 65) + "@x.y", "a@b@c",
            ]
        ),
        (.idnEmail, ["é", "@é", "é@", "a b@é", "a＠b", "a@b。"]),
        (
            .hostname,
            [
                "", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "é", "xn--", "xn--X", "xn--a", "xn---9uc", "xn--example-",
                String(repeating: "a", count: 64),
                (0..<4).map { _ in String(repeating: "a", count: 62) }.joined(separator: ".") + ".bc",
                "xn--99999999", "xn--" + String(repeating: "9", count: 59),
            ]
        ),
        (
            .idnHostname,
            [
                "", "。", "-é", "é-", "ab--é", "É", "〱", "l·", "·l", "aא", "0ا.b", "0a.א", "\u{301}a", "क‍ष", "xn--0ca24w", "☃",
                "a b",
                String(repeating: "ü", count: 60),
            ]
        ),
        (
            .ipv4,
            ["", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.1.1.1", "1.1.1.1 ", "1.1.1.", "1..1.1", "1.1.1.1000", "१.1.1.1"]
        ),
        (
            .ipv6,
            [
                "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2::3",
                "12345::",
                "1:", ":1", "g::", "::1.2.3", "::1.2.3.4.5", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "::1%eth0", "[::1]", "::1 ",
            ]
        ),
        (
            .uri,
            [
                "", "a", "/a", ":a", "1a:b", "a_b:c", "http://a b", "http://[::1", "http://[::1]x", "http://[v.a]",
                "http://[v1.]", "http://[v1]",
                "http://a:b", "http://a@b@c", "x:%", "x:%4", "x:%4g", "x:\\", "x:[", "x:a#b#c", "http://é", "x:\u{7F}",
            ]
        ),
        (.uriReference, ["a:\u{0}", "1:b", ":", "\\", "a b", "é", "[", "//[", "//a:x"]),
        (.iri, ["é", "http://é/\u{E000}", "http://\u{85}", "http://é é"]),
        (.iriReference, ["é:b", "é b", "\u{9F}"]),
        (
            .uuid,
            [
                "", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08-aa98-11ea-b4aa-73b441d163800",
                "2eb8aa08aa98-11ea-b4aa-73b441d16380-",
            ]
        ),
        (
            .uriTemplate,
            [
                "{", "}", "{}", "{a", "{a,}", "{,+a}", "{,,a}", "{a..b}", "{.}", "{a:0}", "{a:10000}", "{a:}", "{a*b}", "{a b}",
                "a b", "%", "<", "\u{7F}",
            ]
        ),
        (.jsonPointer, ["a", "#", "/~", "/~2", "~0"]),
        (.relativeJSONPointer, ["", "/a", "01", "-1", "0##", "0a", "#", "0/~"]),
        (.regex, ["(", #"\a"#, "(?i)a", "a{2,1}"]),
        (.byte, ["a", "YQ", "YQ=", "Y===", "YW-_", "YQ==\n", "=", "===="]),
        (.base64url, ["a", "YQ=", "Y===", "YW+/", "YWJj=", "=", "===="]),
        (.character, ["", "ab", "e\u{301}"]),
    ]

    @Test("accepts text of the format", arguments: valid)
    func accepted(format: StringFormat, texts: [String]) {
        for text in texts { #expect(text.withByteView { format.matches($0) }, "\(format.rawValue): \(text.debugDescription)") }
    }

    @Test("refuses other text", arguments: invalid)
    func refused(format: StringFormat, texts: [String]) {
        for text in texts { #expect(!text.withByteView { format.matches($0) }, "\(format.rawValue): \(text.debugDescription)") }
    }

    @Test("has tests on both sides for every format")
    func complete() {
        #expect(Set(Self.valid.map(\.0)) == Set(StringFormat.allCases))
        #expect(Set(Self.invalid.map(\.0)) == Set(StringFormat.allCases))
    }

    @Test("a UUID is hexadecimal digits and four hyphens, whatever byte is put where")
    func everyByteOfUUID() {
        let valid = Array("2eb8aa08-AA98-11ea-b4aa-73b441d16380".utf8)
        for index in valid.indices {
            for value in UInt8.min...UInt8.max {
                var bytes = valid
                bytes[index] = value
                let isHyphen = value == UInt8(ascii: "-")
                let isDigit = value < 0x80 && Character(Unicode.Scalar(value)).isHexDigit
                let expected = valid[index] == UInt8(ascii: "-") ? isHyphen : isDigit
                #expect(bytes.withByteView { StringFormat.uuid.matches($0) } == expected, "\(value) at \(index)")
            }
        }
    }

    @Test("every byte put into a valid text, and every prefix of it, is judged without harm", arguments: valid)
    func hostile(format: StringFormat, texts: [String]) {
        for text in texts {
            var bytes = Array(text.utf8)
            for length in 0...bytes.count { _ = Array(bytes.prefix(length)).withByteView { format.matches($0) } }
            for index in bytes.indices.prefix(48) {
                let kept = bytes[index]
                for value in UInt8.min...UInt8.max {
                    bytes[index] = value
                    _ = bytes.withByteView { format.matches($0) }
                }
                bytes[index] = kept
            }
        }
    }

    @Test("judges 100 KB in bounded time", arguments: StringFormat.allCases)
    func long(format: StringFormat) {
        let start = ContinuousClock.now
        for unit in ["a", "1", "a.", "::", "1:", "é", "é.", "~0", "{a}", "%41", "xn--", "P1", "@", "\"", "("] {
            _ = String(repeating: unit, count: 100_000 / unit.utf8.count).withByteView { format.matches($0) }
        }
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("knows formats by their names, and what is no format of strings")
    func names() {
        #expect(StringFormat("date-time") == .dateTime)
        #expect(StringFormat("relative-json-pointer") == .relativeJSONPointer)
        for name in ["", "Date", "phone", "int32", "password"] { #expect(StringFormat(name) == nil) }
        #expect(StringFormat.ofNumbers.isDisjoint(with: StringFormat.withoutRule))
        #expect(StringFormat.ofNumbers.isSuperset(of: ["int32", "int64", "float", "double"]))
        #expect(StringFormat.withoutRule.isSuperset(of: ["binary", "password"]))
    }
}
