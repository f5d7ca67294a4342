import Testing

@testable import Valkey

@Suite struct ValkeyEndpointTests {
    @Test("reads every part of a URL")
    func parts() throws {
        let endpoint = try ValkeyEndpoint(url: "valkey://gateway:p%40ss%3aword@a.example:6380,b.example,[::1]:7000/3")
        #expect(
            endpoint.addresses == [
                ValkeyAddress(host: "a.example", port: 6380), ValkeyAddress(host: "b.example", port: 6379),
                ValkeyAddress(host: "::1", port: 7000),
            ])
        #expect(endpoint.user == "gateway")
        #expect(endpoint.password == ValkeySecret("p@ss:word"))
        #expect(endpoint.database == 3)
        #expect(!endpoint.usesTLS)
    }

    @Test("schemes", arguments: [("valkey", false), ("redis", false), ("valkeys", true), ("rediss", true), ("REDISS", true)])
    func schemes(_ scheme: String, _ usesTLS: Bool) throws {
        let endpoint = try ValkeyEndpoint(url: "\(scheme)://h")
        #expect(endpoint == ValkeyEndpoint(addresses: [ValkeyAddress(host: "h", port: 6379)], usesTLS: usesTLS))
    }

    @Test("a password needs no user, and a raw @ belongs to it")
    func passwords() throws {
        let endpoint = try ValkeyEndpoint(url: "redis://:a@b@h:1/")
        #expect(endpoint.user == nil && endpoint.password == ValkeySecret("a@b") && endpoint.database == 0)
        #expect(endpoint.addresses == [ValkeyAddress(host: "h", port: 1)])
    }

    @Test("a password that is kept elsewhere is one of the URL's user, and can be replaced")
    func kept() throws {
        let secret = ValkeySecret("old")
        let endpoint = try ValkeyEndpoint(url: "valkey://g%40w@h/1", password: secret)
        #expect(endpoint.user == "g@w" && endpoint.password == ValkeySecret("old") && endpoint.database == 1)
        secret.replace("new")
        #expect(endpoint.password == ValkeySecret("new"))
        #expect(try ValkeyEndpoint(url: "valkey://h", password: secret).user == nil)
        for url in ["valkey://u:p@h", "valkey://:p@h", "valkey://u:@h", "valkey://%zz@h"] {
            #expect(throws: ValkeyEndpointError.twoPasswords) { try ValkeyEndpoint(url: url, password: secret) }
        }
    }

    @Test(
        "refuses what is no URL of a Valkey",
        arguments: [
            ("", ValkeyEndpointError.scheme), ("h:6379", .scheme), ("http://h", .scheme), ("valkey:h", .scheme),
            ("valkey://", .host), ("valkey://h,,i", .host), ("valkey://:6379", .host), ("valkey://[::1", .host),
            ("valkey://[::1]x", .host), ("valkey://a b", .host), ("valkey://h:", .port), ("valkey://h:0", .port),
            ("valkey://h:65536", .port), ("valkey://h:+1", .port), ("valkey://h:99999999999999999999", .port),
            ("valkey://h/x", .database), ("valkey://h/-1", .database), ("valkey://h/1/2", .database),
            ("valkey://h/9999999999", .database), ("valkey://user@h", .credentials), ("valkey://user:@h", .credentials),
            ("valkey://user:%4@h", .credentials), ("valkey://user:%zz@h", .credentials), ("valkey://user:%ff@h", .credentials),
            ("valkey://h?cluster=true", .query), ("valkey://h#x", .query),
            ("valkey://" + Array(repeating: "h", count: 17).joined(separator: ","), .tooManyHosts),
        ])
    func refused(_ url: String, _ error: ValkeyEndpointError) {
        #expect(throws: error) { try ValkeyEndpoint(url: url) }
    }

    @Test("no print of it shows the password")
    func secrets() throws {
        let endpoint = try ValkeyEndpoint(url: "valkey://u:hunter2@h")
        var dumped = ""
        dump(endpoint, to: &dumped)
        #expect(!"\(endpoint) \(String(reflecting: endpoint)) \(dumped)".contains("hunter2"))
    }

    @Test("addresses are written as in a URL")
    func addresses() {
        #expect(ValkeyAddress(host: "h", port: 1).description == "h:1")
        #expect(ValkeyAddress(host: "::1", port: 1).description == "[::1]:1")
    }
}
