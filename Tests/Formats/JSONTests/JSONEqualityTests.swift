import Bytes
import JSON
import Testing

@Suite struct JSONEqualityTests {
    func compare(_ left: String, _ right: String) -> (equal: Bool, sameHash: Bool) {
        withTape(left) { one, first in
            withTape(right) { other, second in
                #expect(first == nil && second == nil)
                let keyed = KeyedHash(seed: 11)
                return (one.isEqual(0, to: other, 0), one.hash(of: 0, with: keyed) == other.hash(of: 0, with: keyed))
            }
        }
    }

    @Test(
        "equal values are equal however they are written, and hash alike",
        arguments: [
            ("1", "1.0"), ("100", "1e2"), ("-0", "0"), ("0.1", "1e-1"), (#""a""#, #""\u0061""#), (#""\u0061""#, #""\u0061""#),
            ("[1,[2]]", "[1.0, [20e-1]]"),
            (#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#), (#"{"a":{"c":[]}}"#, #"{"\u0061":{"c":[]}}"#), ("null", "null"), ("{}", "{}"),
            ("123456789012345678901234567890", "1234567890123456789012345678900e-1"),
            ("123456789012345678901234567890.5", "1234567890123456789012345678905e-1"),
        ])
    func equal(left: String, right: String) {
        #expect(compare(left, right) == (true, true))
        #expect(compare(right, left) == (true, true))
    }

    @Test(
        "different values are different",
        arguments: [
            ("1", "2"), ("1", "-1"), ("1", "true"), ("0", "false"), ("null", "false"), ("\"1\"", "1"), ("[]", "{}"),
            ("[1,2]", "[2,1]"), ("[1]", "[1,1]"),
            (#"{"a":1}"#, #"{"a":2}"#), (#"{"a":1}"#, #"{"b":1}"#), (#"{"a":1}"#, #"{"a":1,"b":2}"#), (#""a""#, #""A""#),
            (#""\n""#, #""n""#),
            ("123456789012345678901234567890", "123456789012345678901234567891"),
            ("123456789012345678901234567890", "123456789012345678901234567890e1"),
            ("9007199254740993", "9007199254740992"),
        ])
    func different(left: String, right: String) {
        #expect(!compare(left, right).equal)
        #expect(!compare(right, left).equal)
    }

    @Test("compares objects of any size without order", arguments: [63, 64, 65, 300])
    func largeObjects(members: Int) {
        let names = (0..<members).map { "\"n\($0)\":\($0)" }
        let text = "{\(names.joined(separator: ","))}"
        #expect(compare(text, "{\(names.reversed().joined(separator: ","))}") == (true, true))
        #expect(!compare(text, "{\((names.dropLast() + ["\"n\(members - 1)\":0.5"]).joined(separator: ","))}").equal)
    }
}
