import Bytes
import HTTPSemantics
import Testing

@Suite("Authority")
struct AuthorityTests {
    private func isValid(_ text: String) -> Bool { text.withByteView { Authority.isValid($0) } }

    @Test(
        "accepts names, IPv4, IPv6 and ports",
        arguments: [
            "a", "example.com", "example.com.", "EXAMPLE.com:80", "a_b-c~d.e", "example.com:", "localhost:0", "localhost:65535",
            "192.0.2.1",
            "192.0.2.1:8080", "[::]", "[::1]", "[::1]:443", "[2001:db8::1]", "[1:2:3:4:5:6:7:8]", "[1::8]", "[1:2:3:4:5:6:7::]",
            "[::2:3:4:5:6:7:8]",
            "[::ffff:192.0.2.1]", "[1:2:3:4:5:6:192.0.2.1]", "999.1.1.1",
        ])
    func valid(text: String) { #expect(isValid(text)) }

    @Test(
        "refuses everything else",
        arguments: [
            "", ":80", "a b", "a,b", "user@host", "a/b", "a?b", "a#b", "a:65536", "a:100000", "a:-1", "a:+1", "a:8a", "a:80:80",
            "a%41", "a!b", "h\u{e9}",
            "[", "[]", "[::1", "::1", "[::1]x", "[::1]]", "[:]", "[:::]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1::2::3]",
            "[12345::]",
            "[1:2:3:4:5:6:7:8::]", "[::1:2:3:4:5:6:7:8]", "[g::]", "[::1%25eth0]", "[v1.a]", "[1:]", "[:1]", "[::1.2.3]",
            "[::1.2.3.4.5]",
            "[::1.2.3.256]", "[::01.2.3.4]", "[::1.2.3.]", "[1:2:3:4:5:6:7:192.0.2.1]", "a\0", "a\t",
        ])
    func invalid(text: String) { #expect(!isValid(text)) }

    @Test("bounds the host", arguments: [(253, true), (254, true), (255, false)])
    func bounds(length: Int, expected: Bool) {
        #expect(isValid(String(repeating: "a", count: length)) == expected)
        #expect(isValid(String(repeating: "a", count: length) + ":8080") == expected)
    }

    @Test("tells the host from the port", arguments: [("a.b:80", 3), ("a.b", 3), ("[::1]:80", 5), ("[::1]", 5)])
    func host(text: String, length: Int) { #expect(text.withByteView { Authority.hostLength($0) } == length) }
}
