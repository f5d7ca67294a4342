import Bytes
import HTTPSemantics
import Testing

@Suite("Byte classes")
struct ByteClassTests {
    private static let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    private static let digits = "0123456789"

    @Test(
        "hold exactly the bytes their grammar lists",
        arguments: [
            ("token", "!#$%&'*+-.^_`|~"), ("unreserved", "-._~"), ("segment", "-._~!$&'()*+,;=:@"),
            ("query", "-._~!$&'()*+,;=:@/?%[]{}|\\^`"),
        ])
    func members(name: String, punctuation: String) {
        let set: ByteClass =
            switch name {
            case "token": .token
            case "unreserved": .unreserved
            case "segment": .segment
            default: .query
            }
        let expected = Set((Self.letters + Self.digits + punctuation).utf8)
        for byte in UInt8.min...UInt8.max { #expect(set.contains(byte) == expected.contains(byte), "byte \(byte)") }
    }

    @Test("match needs one byte at least, and every byte to be in the set")
    func matches() {
        #expect(!ByteClass.token.matches(ByteView("")))
        #expect(ByteClass.token.matches(ByteView("a")))
        #expect(ByteClass.token.matches(ByteView("Accept-Language")))
        #expect(!ByteClass.token.matches(ByteView("Accept Language")))
        #expect(!ByteClass.token.matches(ByteView("Accept:")))
    }
}
