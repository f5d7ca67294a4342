import Bytes
import JSON
import Testing

@Suite struct JSONNumberComparisonTests {
    /// In ascending order; those in one list write the same number.
    static let ascending: [[String]] = [
        ["-1e400", "-10e399"], ["-1e399"], ["-123456789012345678901234567891"], ["-123456789012345678901234567890"],
        ["-10", "-1e1"], ["-9.99"], ["-0.001", "-1e-3"], ["-1e-400"], ["0", "-0", "0.0", "0e99", "-0.000e-5"], ["1e-400"],
        ["0.00099"], ["1e-3", "0.001", "0.0010"], ["1", "1.0", "10e-1", "0.1e1"], ["1.0000000000000000000000001"], ["9"], ["10"],
        ["9007199254740992"], ["9007199254740992.5"], ["9007199254740993"], ["18446744073709551615"], ["18446744073709551616"],
        ["123456789012345678901234567890", "1.2345678901234567890123456789e29"], ["1e400", "0.001e403"], ["2e400"],
    ]

    @Test("compares tokens by the numbers they write, whatever their size", arguments: ascending.indices)
    func order(index: Int) {
        for (other, tokens) in Self.ascending.enumerated() {
            for (mine, yours) in Self.ascending[index].flatMap({ mine in tokens.map { (mine, $0) } }) {
                let found = mine.withByteView { mine in yours.withByteView { JSONNumber.compare(mine, $0) } }
                #expect(found.signum() == (index - other).signum(), "\(mine) \(yours)")
            }
        }
    }

    @Test(
        "finds multiples of divisors among numbers of any length",
        arguments: [
            ("0", "3", true), ("-9", "3", true), ("10", "3", false), ("1e30", "7", false), ("7e30", "7", true),
            ("1.5", "0.5", true),
            ("1.6", "0.5", false), ("123456789012345678901234567890", "3", true), ("123456789012345678901234567891", "3", false),
            ("1234567890123456789012345678.90", "0.1", true), ("1234567890123456789012345678.95", "0.1", false),
            ("36893488147419103230", "18446744073709551615", true), ("36893488147419103231", "18446744073709551615", false),
            ("1000000000000000000000000000000000000001", "1", true), ("5", "0", false), ("5", "123456789012345678901", false),
        ])
    func multiples(token: String, divisor: String, expected: Bool) {
        let divisor = divisor.withByteView { JSONDecimal($0) }
        #expect(token.withByteView { JSONNumber.isMultiple($0, of: divisor) } == expected)
    }
}
