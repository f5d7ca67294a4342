import Foundation
import GatewayCore
import Testing

@testable import Files

@Suite("Versions in a folder")
struct VersionFolderTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    @Test("what is there is never overwritten, also when many write at once")
    func creates() async throws {
        let store = VersionFolder(folder.file("a/b"))
        #expect(try store.read("v1/x", maximumBytes: 10) == nil)
        let winners = await withTaskGroup(of: Int?.self) { tasks in
            for writer in 0..<32 {
                tasks.addTask { (try? store.create("v1/x", Array("\(writer)".utf8))) == true ? writer : nil }
            }
            var winners: [Int] = []
            for await winner in tasks { if let winner { winners.append(winner) } }
            return winners
        }
        #expect(winners.count == 1)
        #expect(try store.read("v1/x", maximumBytes: 10) == Array("\(winners[0])".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("a/b/v1")) == ["x"])
    }

    @Test("what is replaced is there whole, and what is removed is gone")
    func replaces() throws {
        let store = VersionFolder(folder.path)
        try store.replace("v1/x", [1, 2])
        try store.replace("v1/x", [3])
        #expect(try store.read("v1/x", maximumBytes: 10) == [3])
        store.remove("v1/x")
        store.remove("v1/x")
        #expect(try store.read("v1/x", maximumBytes: 10) == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("v1")).isEmpty)
    }

    @Test("faults say what cannot be done")
    func faults() throws {
        try folder.write("file", "x")
        let store = VersionFolder(folder.file("file"))
        #expect(throws: VersionFault.self) { try store.create("v1/x", [1]) }
        #expect(throws: VersionFault.self) { try VersionFolder(folder.path).read("file", maximumBytes: 0) }
    }
}
