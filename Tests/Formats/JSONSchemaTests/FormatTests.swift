import Documents
import JSONSchema
import Testing

@Suite struct FormatTests {
    static let valid: [(String, [String])] = [
        (
            "uuid",
            [
                "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380",
                "00000000-0000-0000-0000-000000000000",
            ]
        ),
        ("date", ["1963-06-19", "2020-02-29", "2000-02-29", "2021-12-31"]),
        (
            "date-time",
            [
                "1963-06-19T08:30:06.283185Z", "1990-12-31T15:59:50.123-08:00", "1998-12-31T23:59:60Z",
                "1998-12-31T15:59:60.123-08:00", "1963-06-19t08:30:06z", "2020-02-29T00:00:00+23:59",
            ]
        ),
        (
            "email",
            [
                "joe.bloggs@example.com", "te~st@example.com", "~test@example.com", "\\\"joe bloggs\\\"@example.com",
                "joe@[127.0.0.1]", "a+b@x.y",
            ]
        ),
    ]
    static let invalid: [(String, [String])] = [
        (
            "uuid",
            [
                "", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08aa98-11ea-b4aa73b441d16380-",
                "2eb8aa08-aa98-11ea-b4ga-73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d163800",
            ]
        ),
        (
            "date",
            [
                "1963-6-19", "1963-13-01", "1963-00-01", "2021-02-29", "1900-02-29", "2020-04-31", "2020-01-32", "2020-01-00",
                "1963-06-1a", "1963-06-19T", "196३-06-19",
            ]
        ),
        (
            "date-time",
            [
                "1963-06-19", "1990-02-31T15:59:59Z", "1990-12-31T15:59:59-24:00", "1998-12-31T23:59:61Z", "1998-12-31T23:58:60Z",
                "1998-12-31T22:59:60Z", "1963-06-19T08:30:06", "1963-06-19T08:30:06.Z", "1963-06-19 08:30:06Z",
                "1963-06-19T24:00:00Z", "1963-06-19T08:30:06+0100",
            ]
        ),
        (
            "email",
            [
                "2962", "@example.com", "joe@", ".joe@example.com", "joe..b@example.com", "joe.@example.com", "joe@-a.com",
                "joe@a-.com", "joe@a..b", "jo e@example.com", "joe@[999.1.1.1]", "joe@[1.2.3]",
            ]
        ),
    ]

    @Test("accepts text of the format", arguments: valid)
    func accepted(format: String, texts: [String]) throws {
        for text in texts { #expect(try broken("{format: \(format)}", "\"\(text)\"", formats: true) == [], "\(text)") }
    }

    @Test("refuses other text", arguments: invalid)
    func refused(format: String, texts: [String]) throws {
        for text in texts { #expect(try broken("{format: \(format)}", "\"\(text)\"", formats: true) == ["format"], "\(text)") }
    }

    @Test("refuses every proper prefix of a date-time")
    func truncation() throws {
        let text = "1990-12-31T15:59:50.123-08:00"
        for length in 0..<text.count {
            #expect(try broken("{format: date-time}", "\"\(text.prefix(length))\"", formats: true) == ["format"])
        }
    }

    @Test("reads escapes first and ignores other kinds")
    func escapes() throws {
        #expect(try broken("{format: date}", #""2020\u002d01-01""#, formats: true) == [])
        #expect(try broken("{format: date}", "12", formats: true) == [])
    }

    @Test("is a rule in OpenAPI and a note in JSON Schema unless asked for")
    func dialects() throws {
        #expect(try broken("{format: date}", "\"x\"", dialect: .draft2020) == [])
        #expect(try broken("{format: date}", "\"x\"", dialect: .oas30) == ["format"])
        #expect(try broken("{format: date}", "\"x\"", dialect: .oas31) == ["format"])
        #expect(try broken("{format: date}", "\"x\"", dialect: .oas31, formats: false) == [])
    }

    @Test("ignores formats nobody defines and warns of those that look like a slip")
    func unknown() throws {
        #expect(try compile("{type: string, format: phone-number}", dialect: .oas31).findings.isEmpty)
        let seen = try compile("{type: string, format: datetime}", dialect: .oas31)
        #expect(seen.findings.map(\.code) == ["schema-format-unknown"])
        #expect(seen.program != nil)
    }

    @Test(
        "holds integers to their width",
        arguments: [
            ("int32", "2147483647", true), ("int32", "2147483648", false), ("int32", "-2147483648", true),
            ("int32", "-2147483649", false),
            ("int64", "9223372036854775807", true), ("int64", "9223372036854775808", false), ("int64", "1.0", true),
            ("uint8", "255", true), ("uint8", "256", false), ("uint8", "-1", false), ("uint64", "-0", true),
            ("uint64", "18446744073709551615", true), ("uint64", "18446744073709551616", false), ("int8", "-128", true),
            ("int8", "-129", false),
        ])
    func widths(format: String, value: String, isValid: Bool) throws {
        #expect(try broken("{type: integer, format: \(format)}", value, dialect: .oas31).isEmpty == isValid)
    }
}
