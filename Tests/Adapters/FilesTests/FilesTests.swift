import Foundation
import Testing

@testable import Files

/// A folder of its own for each test, removed with it.
final class Folder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "files-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    /// Writes in place.
    func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: file(name))) }

    /// Writes beside and renames over, as careful programs do.
    func replace(_ name: String, _ text: String) throws {
        try write(name + ".new", text)
        try #require(rename(file(name + ".new"), file(name)) == 0)
    }
}

@Suite("Files")
struct FilesTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func text(_ result: Result<[UInt8]?, FileFault>) -> String {
        switch result {
        case .success(let bytes): bytes.map { String(decoding: $0, as: UTF8.self) } ?? "unchanged"
        case .failure(let fault): fault.code.rawValue
        }
    }

    @Test("reads a whole file, also an empty and a large one")
    func reads() throws {
        for size in [0, 1, 65_535, 65_536, 65_537, 300_000] {
            let content = String(repeating: "x", count: size)
            try folder.write("f", content)
            let (bytes, stamp) = try FileReader.read(folder.file("f")).get()
            #expect(bytes == Array(content.utf8))
            #expect(stamp == FileStamp(path: folder.file("f")))
        }
    }

    @Test("the size limit holds to the byte")
    func limit() throws {
        try folder.write("f", "12345")
        let whole = try FileReader.read(folder.file("f"), maximumBytes: 5).get()
        #expect(whole.bytes.count == 5)
        guard case .failure(let fault) = FileReader.read(folder.file("f"), maximumBytes: 4) else {
            Issue.record("read")
            return
        }
        #expect(fault.code == .tooLarge)
    }

    @Test("a missing file, a folder, a pipe and a device are faults and nobody waits")
    func faults() throws {
        try folder.write("f", "x")
        try #require(mkfifo(folder.file("pipe"), 0o600) == 0)
        let expected: [(String, FileFault.Code)] = [
            (folder.file("none"), .missing), (folder.file("f/below"), .missing), (folder.path, .notRegular),
            (folder.file("pipe"), .notRegular),
            ("/dev/zero", .notRegular), ("", .missing),
        ]
        for (path, code) in expected {
            guard case .failure(let fault) = FileReader.read(path) else {
                Issue.record("read \(path)")
                continue
            }
            #expect(fault.code == code)
        }
    }

    @Test("a change counts when it is seen twice, and is told once")
    func settles() throws {
        try folder.write("f", "a")
        let first = try #require(FileStamp(path: folder.file("f")))
        try folder.replace("f", "b")
        let second = try #require(FileStamp(path: folder.file("f")))
        try folder.replace("f", "c")
        let third = try #require(FileStamp(path: folder.file("f")))
        var settled = SettledStamp(taken: first)
        let looks: [(FileStamp?, Bool)] = [
            (first, false), (second, false), (second, true), (second, false), (third, false), (second, false), (third, false),
            (third, true),
            (nil, false), (third, false), (first, false), (nil, false), (first, false), (first, true),
        ]
        for (index, look) in looks.enumerated() { #expect(settled.observe(look.0) == look.1, "look \(index)") }
    }

    @Test("the watcher tells replaced, rewritten, touched, relinked and new files, and nothing else")
    func watcher() throws {
        for name in ["same", "replaced", "rewritten", "gone", "relinked-a", "relinked-b"] { try folder.write(name, name) }
        try #require(symlink(folder.file("relinked-a"), folder.file("link")) == 0)
        let names = ["same", "replaced", "rewritten", "gone", "link", "new"]
        var watcher = FileWatcher(names.map { folder.file($0) })
        #expect(watcher.poll().isEmpty)
        try folder.replace("replaced", "replaced")
        try folder.write("rewritten", "rewritten longer")
        try folder.write("new", "new")
        try FileManager.default.removeItem(atPath: folder.file("gone"))
        try #require(symlink(folder.file("relinked-b"), folder.file("link.new")) == 0)
        try #require(rename(folder.file("link.new"), folder.file("link")) == 0)
        #expect(watcher.poll().isEmpty, "the first look only notes the change")
        #expect(watcher.poll() == ["replaced", "rewritten", "link", "new"].map { folder.file($0) })
        #expect(watcher.poll().isEmpty)
    }

    @Test("a watched file is read at first, then only after a change that came to rest")
    func watched() throws {
        let file = WatchedFile(folder.file("f"), maximumBytes: 10)
        #expect(text(file.contentsIfChanged()) == "file-missing")
        try folder.write("f", "one")
        #expect(text(file.contentsIfChanged()) == "one")
        #expect(text(file.contentsIfChanged()) == "unchanged")
        try folder.replace("f", "two")
        #expect(text(file.contentsIfChanged()) == "unchanged")
        #expect(text(file.contentsIfChanged()) == "two")
        #expect(text(file.contentsIfChanged()) == "unchanged")
        try FileManager.default.removeItem(atPath: folder.file("f"))
        #expect(text(file.contentsIfChanged()) == "unchanged", "the contents of before stay in use")
        try folder.replace("f", "much too long")
        #expect(text(file.contentsIfChanged()) == "unchanged")
        #expect(text(file.contentsIfChanged()) == "file-too-large")
        #expect(text(file.contentsIfChanged()) == "file-too-large", "a fault is tried again")
        try folder.replace("f", "three")
        #expect(text(file.contentsIfChanged()) == "unchanged")
        #expect(text(file.contentsIfChanged()) == "three")
    }

    @Test("the watcher's run calls back with what changed, at the pace of its clock")
    func run() async throws {
        try folder.write("f", "one")
        let path = folder.file("f")
        let watcher = FileWatcher([path])
        try folder.replace("f", "two")
        let (told, teller) = AsyncStream.makeStream(of: [String].self)
        let task = Task {
            await watcher.run(every: .seconds(1), clock: HastyClock()) { teller.yield($0) }
        }
        for await paths in told {
            #expect(paths == [path])
            break
        }
        task.cancel()
        await task.value
    }
}

/// A clock on which every sleep is over at once.
struct HastyClock: Clock {
    typealias Instant = ContinuousClock.Instant

    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}
