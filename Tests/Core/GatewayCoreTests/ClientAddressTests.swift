import Testing

@testable import GatewayCore

@Suite("Addresses and their ranges")
struct ClientAddressTests {
    @Test(
        "a range holds its first and its last address and neither neighbour",
        arguments: [
            ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0", "::1"]),
            ("10.1.2.3/8", ["10.0.0.0", "10.255.255.255"], ["11.0.0.0"]),
            ("192.168.4.0/23", ["192.168.4.0", "192.168.5.255"], ["192.168.3.255", "192.168.6.0"]),
            ("203.0.113.7", ["203.0.113.7", "::ffff:203.0.113.7"], ["203.0.113.6", "203.0.113.8"]),
            ("203.0.113.7/32", ["203.0.113.7"], ["203.0.113.6"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], ["::1", "::", "2001:db8::1"]),
            ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"], ["2001:db7::1", "2001:db9::"]),
            ("2001:db8::/64", ["2001:db8::ffff:ffff:ffff:ffff"], ["2001:db8:0:1::"]),
            ("2001:db8::8/125", ["2001:db8::8", "2001:db8::f"], ["2001:db8::7", "2001:db8::10"]),
            ("::1", ["::1", "0:0:0:0:0:0:0:1"], ["::", "::2", "127.0.0.1"]),
            ("::/0", ["::", "::1", "10.0.0.1", "ffff::"], []),
            ("::ffff:10.0.0.0/104", ["10.0.0.0", "10.255.255.255"], ["11.0.0.0"]),
        ])
    func ranges(text: String, inside: [String], outside: [String]) throws {
        let range = try #require(AddressRange(text))
        for address in inside { #expect(range.contains(try #require(ClientAddress(address))), "\(address)") }
        for address in outside { #expect(!range.contains(try #require(ClientAddress(address))), "\(address)") }
    }

    @Test("nobody's address lies in any private range")
    func unknown() throws {
        for text in ["10.0.0.0/8", "127.0.0.0/8", "0.0.0.0/0", "::1"] {
            #expect(!(try #require(AddressRange(text))).contains(.unknown))
        }
        #expect(String(decoding: ClientAddress.unknown.text, as: UTF8.self) == "unknown")
    }

    @Test(
        "what is no range is refused",
        arguments: [
            "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0/8", "10.0.0.0/x", "::/129", "localhost",
            "1.2.3.4:80", "[::1]", "10.0.0.0 /8", "::1%lo",
        ])
    func malformedRanges(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(
        "an address is a literal and nothing else",
        arguments: [
            ("127.0.0.1", true), ("::1", true), ("2001:DB8::1", true), ("::ffff:127.0.0.1", true), ("", false),
            ("localhost", false),
            ("127.1", false), ("0x7f.0.0.1", false), ("1.2.3.4:5", false), ("[::1]", false), ("256.0.0.1", false),
            ("127.0.0.1 ", false), ("1.2.3.4\0", false), ("unknown", false), (String(repeating: "1", count: 46), false),
        ])
    func literals(text: String, isAddress: Bool) {
        #expect((ClientAddress(text) != nil) == isAddress)
    }
}
