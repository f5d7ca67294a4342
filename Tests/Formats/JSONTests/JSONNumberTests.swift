import Bytes
import JSON
import Testing

@Suite struct JSONNumberTests {
    @Test(
        "accepts the grammar of numbers",
        arguments: ["0", "-0", "1", "-1", "10", "0.5", "-0.0", "1e1", "1E+1", "1e-1", "1.5e10", "123456789012345678901234567890"])
    func accepted(text: String) {
        withTape("[\(text)]") { tape, fault in
            #expect(fault == nil)
            #expect(String(tape.raw(1)) == text)
            #expect(tape.isInteger(1) == !text.contains { ".eE".contains($0) })
        }
    }

    @Test(
        "refuses everything else",
        arguments: [
            "01", "-01", "00", "-", "--1", "1.", ".5", "1.e1", "1e", "1e+", "+1", "0x1", "1_0", "Infinity", "-Infinity", "1.5.2",
            "1e1e1",
        ])
    func refused(text: String) {
        #expect(fault(of: "[\(text)]") != nil)
        #expect(fault(of: text) != nil)
    }

    @Test(
        "reads exact integers however they are written",
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("1.0", 1), ("1e2", 100), ("100e-2", 1), ("1.5e1", 15), ("-2.50e1", -25),
            ("0e999999999999999999999", 0),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("922337203685477580.7e1", .max),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1e18", 1_000_000_000_000_000_000), ("1e19", nil),
            ("0.5", nil), ("1e-1", nil),
            ("18446744073709551616", nil), ("1e99999999999999999999", nil), ("1000000000000000000000000000e-27", 1),
            ("10000000000000000000000000001e-27", nil), ("0.00000000000000000000000000001e29", 1),
        ] as [(String, Int64?)])
    func int64(text: String, expected: Int64?) {
        withTape(text) { tape, _ in #expect(tape.int64(0) == expected) }
    }

    @Test(
        "reads exact unsigned integers",
        arguments: [
            ("18446744073709551615", .max), ("18446744073709551616", nil), ("1844674407370955161.5e1", .max), ("-1", nil),
            ("-0", 0), ("1e19", 10_000_000_000_000_000_000),
            ("2e19", nil),
        ] as [(String, UInt64?)])
    func uint64(text: String, expected: UInt64?) {
        withTape(text) { tape, _ in #expect(tape.uint64(0) == expected) }
    }

    @Test(
        "knows whether a number of any size has a fraction",
        arguments: [
            ("1e400", true), ("123456789012345678901234567890.5", false), ("123456789012345678901234567890.0", true),
            ("0e-5", true), ("1e-5", false),
        ])
    func integral(text: String, expected: Bool) {
        withTape(text) { tape, _ in #expect(JSONNumber.isIntegral(tape.raw(0)) == expected) }
    }

    @Test("reads the double the standard library reads")
    func doubles() {
        var generator = SystemRandomNumberGenerator()
        var texts = [
            "0", "-0", "0.1", "1e22", "1e23", "9007199254740993", "4.9e-324", "2.2250738585072011e-308", "1.7976931348623157e308",
            "123456789.123456789e-10",
        ]
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            if value.isFinite { texts.append("\(value)") }
            texts.append("\(Int64.random(in: -1_000_000_000...1_000_000_000))e\(Int.random(in: -30...30))")
        }
        for text in texts {
            withTape(text) { tape, fault in
                #expect(fault == nil, "\(text)")
                #expect(tape.double(0)?.bitPattern == Double(text)?.bitPattern, "\(text)")
            }
        }
    }

    @Test("answers nil beyond the finite range and for other kinds", arguments: ["1e309", "-1e400", "\"1\"", "true", "[1]"])
    func notDoubles(text: String) {
        withTape(text) { tape, fault in
            #expect(fault == nil)
            #expect(tape.double(0) == nil)
            #expect(tape.int64(0) == nil)
        }
    }
}
