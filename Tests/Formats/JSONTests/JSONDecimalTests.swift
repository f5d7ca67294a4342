import Bytes
import JSON
import Testing

@Suite struct JSONDecimalTests {
    func decimal(_ text: String) -> JSONDecimal { text.withByteView { JSONDecimal($0) } }

    @Test(
        "divides exactly where binary fractions would not",
        arguments: [
            ("19.99", "0.01", true), ("0.3", "0.1", true), ("0.35", "0.1", false), ("4.5", "1.5", true), ("7", "2", false),
            ("0", "3", true), ("-9", "3", true),
            ("1e308", "0.123456789", false), ("1e20", "7", false), ("7e20", "7", true), ("0.0075", "0.0001", true),
            ("0.00751", "0.0001", false),
            ("1", "1e30", false), ("1e30", "1e30", true), ("1e-30", "1", false), ("12e1099511627776", "3", true),
        ])
    func multiples(value: String, divisor: String, expected: Bool) {
        #expect(decimal(value).isMultiple(of: decimal(divisor)) == expected)
    }

    @Test(
        "answers nil when it cannot be exact",
        arguments: [("1", "0"), ("123456789012345678901234567890123", "7"), ("7", "123456789012345678901234567890123")])
    func unknown(value: String, divisor: String) {
        #expect(decimal(value).isMultiple(of: decimal(divisor)) == nil)
    }
}
