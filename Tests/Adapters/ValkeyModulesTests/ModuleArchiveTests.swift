import Bytes
import GatewayCore
import Testing

@testable import ValkeyModules

@Suite("Packages as values of the registry")
struct ModuleArchiveTests {
    @Test("what is written is read again, texts as texts and other bytes as base64")
    func roundTrip() throws {
        let files: [String: [UInt8]] = [
            "module.yaml": Array("slug: \"é\"\n\u{1}".utf8), "sub/data.pb": [0, 0xff, 0xfe, 10], "empty": [], "nul": [0],
        ]
        let value = ModuleArchive.encode(files)
        #expect(try ModuleArchive.decode(value) == files)
        #expect(String(decoding: value, as: UTF8.self).contains("\"sub/data.pb\":{\"base64\":\"AP/+Cg==\"}"))
        #expect(ModuleArchive.encode(files) == value, "the same files give the same digest")
    }

    @Test("the digest is SHA-256 of the value as it is stored")
    func digest() {
        #expect(
            ModuleArchive.digest(Array("abc".utf8))
                == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test(
        "what is no package is refused",
        arguments: [
            "", "{", "[]", "{}", "{\"files\":[]}", "{\"files\":{\"a\":1}}", "{\"files\":{\"a\":{\"base64\":\"!\"}}}",
            "{\"files\":{\"a\":{\"base64\":1}}}", "{\"files\":{\"a\":{}}}", "{\"files\":{\"../a\":\"\"}}",
            "{\"files\":{\"/a\":\"\"}}", "{\"files\":{\"a//b\":\"\"}}", "{\"files\":{\"a/./b\":\"\"}}", "{\"files\":{\"\":\"\"}}",
            "{\"files\":{\".hidden\":\"\"}}", "{\"files\":{\"a/..\":\"\"}}",
        ])
    func refused(_ text: String) {
        #expect(throws: ModuleArchive.Fault.self) { try ModuleArchive.decode(Array(text.utf8)) }
    }

    @Test("the bounds of a package hold on both sides", arguments: [0, 1])
    func bounds(_ excess: Int) {
        func isRefused(_ files: [String: [UInt8]]) -> Bool {
            (try? ModuleArchive.decode(ModuleArchive.encode(files))) == nil
        }
        let many = (0..<(ModuleLimits.files + excess)).map { ("f\($0)", [UInt8]()) }
        #expect(isRefused(Dictionary(uniqueKeysWithValues: many)) == (excess > 0))
        let deep = (0..<(ModuleLimits.depth + excess)).map { "d\($0)" }.joined(separator: "/")
        #expect(isRefused([deep: []]) == (excess > 0))
        #expect(isRefused([String(repeating: "n", count: 200 + excess): []]) == (excess > 0))
        let room = ModuleArchive.maximumBytes - "{\"files\":{\"f\":\"\"}}".utf8.count
        #expect(isRefused(["f": [UInt8](repeating: 97, count: room + excess)]) == (excess > 0))
    }

    @Test(
        "an entry names a digest and a version, or nothing",
        arguments: [
            ("{\"version\":\"1\",\"digest\":\"sha256:0\"}", "1", "sha256:0"), ("{\"digest\":\"d\",\"more\":[]}", nil, "d"),
            ("5", nil, nil), ("{", nil, nil), ("{\"digest\":5}", nil, nil), ("", nil, nil),
        ] as [(String, String?, String?)])
    func entries(_ text: String, _ version: String?, _ digest: String?) {
        text.withByteView { view in
            #expect(RegistryEntry.version(view) == version && RegistryEntry.digest(view) == digest)
        }
    }
}
