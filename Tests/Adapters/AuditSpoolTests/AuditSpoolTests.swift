import AuditRecords
import Bytes
import Foundation
import GatewayCore
import Synchronization
import Testing

@testable import AuditSpool

/// A folder that is gone after the test.
final class ScratchFolder {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "audit-\(UUID().uuidString)"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var spool: String { "\(path)/spool" }
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: spool)) ?? []).sorted() }
}

/// Keeps what it is given, and does as it is told.
final class TestSink: AuditSink {
    struct State {
        var ids: [String] = []
        var isAway = false
        var most = Int.max
        var poison: Set<String> = []
        var closed = false
    }

    let state = Mutex(State())

    func deliver(_ batch: AuditBatch, _ range: Range<Int>, within timeout: Duration) -> AuditDelivery {
        state.withLock { state in
            if state.isAway { return .unavailable("away") }
            if range.count > state.most { return .refused("too many") }
            let ids = range.map { String(batch.id($0)) }
            if !state.poison.isDisjoint(with: ids) { return .refused("not those") }
            state.ids += ids
            return .delivered
        }
    }

    func close() { state.withLock { $0.closed = true } }

    var ids: [String] { state.withLock { $0.ids } }
}

@Suite("The spool and its writer")
struct AuditSpoolTests {
    private let folder = ScratchFolder()
    private static let ringBytes = 32 << 10

    private func spool(loops: Int = 1, limit: Int = 1 << 30) throws -> AuditSpool {
        try AuditSpool(folder: folder.spool, loops: loops, ringBytes: Self.ringBytes, limit: limit)
    }

    private func append(_ number: Int, to ring: AuditRing) -> Bool {
        ring.append(
            AuditEntry(
                id: TimedID(high: 0x7000, low: 1 << 63 | UInt64(number)), startedAt: 0, durationMs: 0, status: 200, attempts: 0,
                isComplete: true, traceHigh: 0, traceLow: 0, path: ByteView("/api/v1/somewhere")))
    }

    private func id(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "00000000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    private func ids(_ numbers: Range<Int>) -> Set<String> { Set(numbers.map(id)) }

    private func until(_ condition: () -> Bool) -> Bool {
        for _ in 0..<3000 {
            if condition() { return true }
            Thread.sleep(forTimeInterval: 0.01)
        }
        return condition()
    }

    @Test("records of all rings arrive, and the spool is empty after")
    func delivery() throws {
        let spool = try spool(loops: 3)
        let sink = TestSink()
        let writer = AuditWriter(spool, sink: sink, spills: true) { _ in }
        writer.start()
        for number in 0..<90 { #expect(append(number, to: spool.rings[number % 3])) }
        writer.stop(within: .seconds(30))
        #expect(Set(sink.ids) == ids(0..<90) && sink.ids.count == 90)
        #expect(spool.contents.ringBytes == 0 && writer.figures.delivered == 90 && sink.state.withLock { $0.closed })
    }

    @Test("while the sink is away rings are emptied into segments, and nothing is lost")
    func spilling() throws {
        let spool = try spool()
        let sink = TestSink()
        sink.state.withLock { $0.isAway = true }
        let faults = Mutex<[String?]>([])
        let writer = AuditWriter(spool, sink: sink, spills: true) { fault in faults.withLock { $0.append(fault) } }
        writer.start()
        // Several rings full: each waits for room.
        for number in 0..<2000 { #expect(until { append(number, to: spool.rings[0]) }) }
        #expect(spool.contents.spilled > 1000 && spool.contents.segmentBytes > Self.ringBytes)
        #expect(until { writer.figures.fault == "away" })
        sink.state.withLock { $0.isAway = false }
        #expect(until { Set(sink.ids) == ids(0..<2000) })
        writer.stop(within: .seconds(30))
        #expect(spool.contents.segmentBytes == 0 && spool.contents.segments == 0)
        #expect(faults.withLock { $0 } == ["away", nil])
        #expect(!folder.names.contains { $0.hasPrefix("segment") })
    }

    @Test("the spool keeps to its limit, and says that it is full")
    func limit() throws {
        let spool = try spool(limit: 40 << 10)
        var number = 0
        var isFull = false
        while !isFull, number < 10_000 {
            if append(number, to: spool.rings[0]) {
                number += 1
            } else {
                isFull = spool.state.isSpoolFull.load(ordering: .relaxed)
            }
            spool.spill()
        }
        #expect(isFull && spool.contents.segmentBytes <= 40 << 10)
        let sink = TestSink()
        let writer = AuditWriter(spool, sink: sink, spills: true) { _ in }
        writer.start()
        #expect(until { Set(sink.ids) == ids(0..<number) })
        #expect(until { !spool.state.isSpoolFull.load(ordering: .relaxed) })
        writer.stop(within: .seconds(30))
    }

    @Test("what an ended process left is delivered by the next one, whatever its loops and rings")
    func recovery() throws {
        do {
            let spool = try spool(loops: 3)
            for number in 0..<30 { #expect(append(number, to: spool.rings[number % 3])) }
            spool.spill()
        }
        do {
            // Ended again before anything was delivered.
            let spool = try AuditSpool(folder: folder.spool, loops: 1, ringBytes: 64 << 10, limit: 1 << 30)
            #expect(spool.contents.recovered == 30)
            for number in 30..<40 { #expect(append(number, to: spool.rings[0])) }
        }
        let spool = try spool(loops: 2)
        let sink = TestSink()
        let writer = AuditWriter(spool, sink: sink, spills: true) { _ in }
        writer.start()
        #expect(until { Set(sink.ids) == ids(0..<40) })
        writer.stop(within: .seconds(30))
        #expect(folder.names.filter { $0.hasPrefix("segment") }.isEmpty)
        #expect(folder.names.filter { $0.hasPrefix("ring") } == ["ring-0.log", "ring-1.log"])
    }

    @Test("a segment of which the sink has a part is gone on with there")
    func resumption() throws {
        do {
            let spool = try spool()
            for number in 0..<30 { #expect(append(number, to: spool.rings[0])) }
        }
        do {
            let spool = try spool()
            let batch = AuditBatch()
            var reader: SegmentReader?
            guard case .segment(let taken, let end) = spool.fill(batch, from: &reader) else {
                Issue.record("there is a segment")
                return
            }
            #expect(batch.count == 30)
            taken.settle(end - 48)
        }
        let inspection = try SpoolInspection(folder: folder.spool)
        #expect(inspection.files.first?.records == 0 && inspection.files.first?.damagedBytes == 48)
        #expect(!inspection.isInUse && !inspection.isSound)
    }

    @Test("one process has a spool at a time")
    func locking() throws {
        let first = try spool()
        #expect(throws: SpoolFault.inUse(folder.spool)) { try spool() }
        #expect(try SpoolInspection(folder: folder.spool).isInUse)
        withExtendedLifetime(first) {}
    }

    @Test("what a sink refuses is parted, and a record that it never takes is set aside")
    func refusal() throws {
        let spool = try spool()
        let sink = TestSink()
        sink.state.withLock { state in
            state.most = 7
            state.poison = [id(13)]
        }
        for number in 0..<50 { #expect(append(number, to: spool.rings[0])) }
        let writer = AuditWriter(spool, sink: sink, spills: true) { _ in }
        writer.start()
        #expect(until { sink.ids.count == 49 })
        writer.stop(within: .seconds(30))
        #expect(Set(sink.ids) == ids(0..<50).subtracting([id(13)]) && writer.figures.refused == 1)
        let aside = try String(contentsOfFile: "\(folder.spool)/refused.jsonl", encoding: .utf8)
        #expect(aside.contains(id(13)) && aside.filter { $0 == "\n" }.count == 1)
    }

    @Test("a fallback takes what the sink does not")
    func fallback() throws {
        let spool = try spool()
        let (sink, fallback) = (TestSink(), TestSink())
        sink.state.withLock { $0.isAway = true }
        for number in 0..<10 { #expect(append(number, to: spool.rings[0])) }
        let writer = AuditWriter(spool, sink: sink, fallback: fallback, spills: true) { _ in }
        writer.start()
        #expect(until { fallback.ids.count == 10 })
        writer.stop(within: .seconds(30))
        #expect(spool.contents.ringBytes == 0 && writer.figures.fellBack == 10 && writer.figures.delivered == 0)
    }

    @Test("a sink that is stuck does not hold up the end, and its records stay")
    func stuck() throws {
        final class StuckSink: AuditSink {
            func deliver(_ batch: AuditBatch, _ range: Range<Int>, within timeout: Duration) -> AuditDelivery {
                Thread.sleep(forTimeInterval: 600)
                return .delivered
            }
            func close() {}
        }
        let spool = try spool()
        for number in 0..<10 { #expect(append(number, to: spool.rings[0])) }
        let writer = AuditWriter(spool, sink: StuckSink(), spills: true) { _ in }
        writer.start()
        let start = ContinuousClock.now
        writer.stop(within: .milliseconds(300))
        #expect(ContinuousClock.now - start < .seconds(20) && spool.contents.ringBytes > 0)
        #expect(try SpoolInspection(folder: folder.spool).records == 10)
    }
}

@Suite("Files of records")
struct FileSinkTests {
    private let folder = ScratchFolder()

    private func batch(_ count: Int) -> AuditBatch {
        let batch = AuditBatch()
        let memory = UnsafeMutableRawPointer.allocate(byteCount: AuditRecord.maximumBytes, alignment: 8)
        defer { memory.deallocate() }
        for number in 0..<count {
            let entry = AuditEntry(
                id: TimedID(high: 0x7000, low: 1 << 63 | UInt64(number)), startedAt: 0, durationMs: 0, status: 200, attempts: 0,
                isComplete: true, traceHigh: 0, traceLow: 0)
            let length = AuditRecord.write(entry, position: 0, to: memory)
            #expect(batch.take(ByteView(memory.assumingMemoryBound(to: UInt8.self), length)))
        }
        return batch
    }

    private func sink(bytes: Int = 1 << 20, kept: Int = 2) -> FileSink {
        FileSink(FileSink.Settings(path: "\(folder.path)/audit.jsonl", maximumBytes: bytes, kept: kept, synchronises: true))
    }

    private func lines(_ name: String = "audit.jsonl") -> Int {
        let text = (try? String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) != nil }.count
    }

    @Test("records are lines, and a file that is large is put aside")
    func rotation() {
        let sink = sink(bytes: 64 << 10, kept: 2)
        let batch = batch(100)
        for _ in 0..<20 { #expect(sink.deliver(batch, 0..<100, within: .seconds(1)) == .delivered) }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []
        #expect(names.count == 3 && names[0] == "audit.jsonl")
        #expect(names.allSatisfy { lines($0) > 0 && lines($0) % 100 == 0 })
        sink.close()
    }

    @Test("a file that was moved away is made anew")
    func moved() throws {
        let sink = sink()
        #expect(sink.deliver(batch(1), 0..<1, within: .seconds(1)) == .delivered)
        try FileManager.default.moveItem(atPath: "\(folder.path)/audit.jsonl", toPath: "\(folder.path)/old")
        #expect(sink.deliver(batch(2), 0..<2, within: .seconds(1)) == .delivered)
        #expect(lines("old") == 1 && lines() == 2)
    }

    @Test("a line that was broken off stays one of its own")
    func torn() throws {
        try Data("{\"id\":\"half".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/audit.jsonl"))
        #expect(sink().deliver(batch(3), 0..<3, within: .seconds(1)) == .delivered)
        #expect(lines() == 3)
    }

    @Test("a full disk is said, and leaves no part of a record")
    func noRoom() {
        let sink = FileSink(FileSink.Settings(path: "/dev/full", maximumBytes: 1 << 20, kept: 1, synchronises: false))
        guard case .unavailable(let reason) = sink.deliver(batch(1), 0..<1, within: .seconds(1)) else {
            Issue.record("it cannot be delivered")
            return
        }
        #expect(reason.contains("write to /dev/full"))
    }
}
