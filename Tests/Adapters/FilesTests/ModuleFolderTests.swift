import Documents
import Foundation
import GatewayCore
import Testing

@testable import Files

@Suite("The folder of modules")
final class ModuleFolderTests {
    private let folder: URL
    private let watched: ModuleFolder

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("modules-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        watched = ModuleFolder(folder.path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func write(_ path: String, _ text: String) throws {
        let file = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: folder.appendingPathComponent(path).path, withDestinationPath: target)
    }

    private subscript(slug: String) -> ModulePackage? { watched.all.first { $0.slug == slug } }

    private func texts(_ slug: String) -> [String: String]? {
        self[slug]?.files.mapValues { String(decoding: $0, as: UTF8.self) }
    }

    @Test("every folder with a manifest is a package, with all its files; other things in the folder are none")
    func first() async throws {
        try write("a/module.yaml", "A")
        try write("a/sub/api.yaml", "api")
        try write("b/readme.md", "no manifest")
        try write(".c/module.yaml", "hidden")
        try write("file", "no folder")
        let packages = try #require(await watched.packages())
        #expect(packages.map(\.slug) == ["a"] && packages[0].root == "\(folder.path)/a/" && packages[0].origin == .folder)
        #expect(texts("a") == ["module.yaml": "A", "sub/api.yaml": "api"])
    }

    @Test("what comes, changes or goes is told at the second look that sees it, and only then")
    func changes() throws {
        #expect(!watched.hasChanged())
        try write("a/module.yaml", "1")
        #expect(!watched.hasChanged() && watched.all.isEmpty)
        #expect(watched.hasChanged() && texts("a") == ["module.yaml": "1"])
        #expect(!watched.hasChanged())
        let before = self["a"]
        try write("a/api.yaml", "2")
        #expect(!watched.hasChanged() && self["a"] === before)
        #expect(watched.hasChanged() && texts("a")?["api.yaml"] == "2")
        try FileManager.default.removeItem(at: folder.appendingPathComponent("a"))
        #expect(!watched.hasChanged() && self["a"] != nil, "a package gone between two renames is no removal")
        #expect(watched.hasChanged() && watched.all.isEmpty)
    }

    @Test("a package that is still being written is not taken")
    func halfWritten() throws {
        for step in 0..<5 {
            try write("a/module.yaml", String(repeating: "x", count: step + 1))
            #expect(!watched.hasChanged())
        }
        #expect(watched.hasChanged() && texts("a") == ["module.yaml": "xxxxx"])
    }

    @Test("a package that is away for one look stays the same object")
    func awayForALook() throws {
        try write("a/module.yaml", "1")
        _ = (watched.hasChanged(), watched.hasChanged())
        let before = self["a"]
        let path = folder.appendingPathComponent("a")
        try FileManager.default.moveItem(at: path, to: folder.appendingPathComponent(".aside"))
        #expect(!watched.hasChanged())
        try FileManager.default.moveItem(at: folder.appendingPathComponent(".aside"), to: path)
        #expect(!watched.hasChanged() && !watched.hasChanged() && self["a"] === before)
    }

    @Test("links inside the package are followed; links out of it, to folders and to nothing refuse it")
    func links() throws {
        try write("good/.data/module.yaml", "linked")
        try link("good/module.yaml", to: ".data/module.yaml")
        try write("secret", "s")
        try write("out/module.yaml", "x")
        try link("out/api.yaml", to: "../secret")
        try write("folder/module.yaml", "x")
        try write("folder/sub/api.yaml", "x")
        try link("folder/again", to: "sub")
        try write("dangling/module.yaml", "x")
        try link("dangling/api.yaml", to: "nowhere")
        _ = (watched.hasChanged(), watched.hasChanged())
        #expect(texts("good") == ["module.yaml": "linked"])
        for slug in ["out", "folder", "dangling"] {
            #expect(self[slug]?.findings.map(\.code) == ["link-outside-package"] && self[slug]?.files == [:], "\(slug)")
        }
    }

    @Test("a pipe in a package refuses it and nobody waits for a writer")
    func pipe() throws {
        try write("a/module.yaml", "x")
        #expect(mkfifo(folder.appendingPathComponent("a/pipe").path, 0o600) == 0)
        _ = (watched.hasChanged(), watched.hasChanged())
        #expect(self["a"]?.findings.map(\.code) == ["file-not-regular"])
    }

    @Test("packages beyond the bounds are refused without being read", arguments: [0, 1])
    func bounds(_ excess: Int) throws {
        try write("files/module.yaml", "x")
        for index in 0..<(ModuleLimits.files - 1 + excess) { try write("files/f\(index)", "") }
        try write("bytes/module.yaml", String(repeating: "x", count: ModuleLimits.packageBytes + excess))
        let deep = (0..<(ModuleLimits.depth - 1 + excess)).map { "d\($0)" }.joined(separator: "/")
        try write("deep/module.yaml", "x")
        try write("deep/\(deep)/f", "x")
        _ = (watched.hasChanged(), watched.hasChanged())
        for slug in ["files", "bytes", "deep"] { #expect(self[slug]?.findings.isEmpty == (excess == 0), "\(slug)") }
    }

    @Test("a folder whose name is no slug is reported under a name that is safe to print")
    func names() throws {
        try write("Not a \"slug\"\n/module.yaml", "x")
        _ = (watched.hasChanged(), watched.hasChanged())
        #expect(watched.all.map(\.slug) == ["invalid:Not_a__slug__"] && watched.all[0].findings.map(\.code) == ["module-slug"])
    }

    @Test("a folder that cannot be read changes nothing")
    func unreadable() async throws {
        try write("a/module.yaml", "1")
        _ = await watched.packages()
        let aside = folder.appendingPathExtension("aside")
        try FileManager.default.moveItem(at: folder, to: aside)
        #expect(!watched.hasChanged() && !watched.hasChanged() && self["a"] != nil)
        #expect(await watched.packages() == nil)
        try FileManager.default.moveItem(at: aside, to: folder)
        #expect(!watched.hasChanged() && self["a"] != nil)
    }
}
