import Bytes
import Foundation
import JSON
import Testing

@testable import AuditRecords

/// Memory that a ring can be in, aligned as a mapped file is.
final class RingMemory {
    let bytes: UnsafeMutableRawBufferPointer

    init(capacity: Int) {
        bytes = .allocate(byteCount: AuditRing.headBytes + capacity, alignment: 4096)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { bytes.deallocate() }
}

/// An entry with texts that live as long as `body` runs.
func withEntry(_ number: Int, path: String = "/api/v1/things/1", agent: String = "curl/8", _ body: (AuditEntry) -> Void) {
    path.withByteView { path in
        agent.withByteView { agent in
            "tenant-\(number % 7)".withByteView { tenant in
                body(
                    AuditEntry(
                        id: TimedID(high: UInt64(number) << 16 | 0x7000, low: 0x8000_0000_0000_0000 | UInt64(number)),
                        startedAt: 1_700_000_000_123 + Int64(number), durationMs: 12, status: 200, attempts: 1, isComplete: true,
                        traceHigh: 1, traceLow: UInt64(number), tenant: tenant, user: ByteView("u1"), method: ByteView("GET"),
                        route: ByteView("/api/v1/things/{id}"), path: path, address: ByteView("192.0.2.1"), userAgent: agent,
                        requestID: ByteView("r-1"),
                        module: ByteView("crm"), service: ByteView("things")))
            }
        }
    }
}

/// Numbers of the entries that a ring holds, by their trace ids.
func numbers(_ ring: AuditRing) -> [Int] {
    var found: [Int] = []
    _ = ring.read(from: ring.oldest) { record in
        found.append(Int(AuditRecord.entry(record).traceLow))
        return true
    }
    return found
}

@Suite("Records of calls")
struct AuditRecordTests {
    private func record(_ entry: AuditEntry, position: UInt64 = 0) -> [UInt8] {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: AuditRecord.maximumBytes, alignment: 8)
        defer { memory.deallocate() }
        let length = AuditRecord.write(entry, position: position, to: memory)
        return Array(UnsafeRawBufferPointer(start: memory, count: length))
    }

    private func json(_ record: [UInt8]) throws -> [String: Any] {
        let out = ByteWriter()
        var json = AuditJSON()
        record.withByteView { _ = json.append($0, to: out) }
        return try #require(try JSONSerialization.jsonObject(with: Data([UInt8](out.view))) as? [String: Any])
    }

    @Test("what is written is read")
    func roundTrip() throws {
        var bytes: [UInt8] = []
        withEntry(5) { bytes = record($0, position: 4096) }
        #expect(bytes.count % 8 == 0)
        bytes.withByteView { view in
            guard case .record(view.count) = AuditRecord.read(view, position: 4096) else {
                Issue.record("it is a record")
                return
            }
            let entry = AuditRecord.entry(view)
            #expect(entry.id == TimedID(high: 5 << 16 | 0x7000, low: 0x8000_0000_0000_0005))
            #expect(String(entry.route) == "/api/v1/things/{id}" && String(entry.user) == "u1" && entry.problem.isEmpty)
            #expect(entry.status == 200 && entry.durationMs == 12 && entry.attempts == 1 && entry.isComplete)
        }
        let object = try json(bytes)
        #expect(object["timestamp"] as? String == "2023-11-14T22:13:20.128Z")
        #expect(object["id"] as? String == "00000000-0005-7000-8000-000000000005")
        #expect(object["traceId"] as? String == "00000000000000010000000000000005")
        #expect(object["problem"] is NSNull && object["tenantId"] as? String == "tenant-5")
        #expect(object["incomplete"] == nil && object["truncated"] == nil)
    }

    @Test("each bit counts, and so does the place")
    func checksum() {
        var bytes: [UInt8] = []
        withEntry(1) { bytes = record($0, position: 64) }
        func isRecord(_ bytes: [UInt8], _ position: UInt64) -> Bool {
            bytes.withByteView { if case .record = AuditRecord.read($0, position: position) { true } else { false } }
        }
        #expect(isRecord(bytes, 64))
        #expect(!isRecord(bytes, 72) && !isRecord(Array(bytes.dropLast(8)), 64))
        for place in 0..<bytes.count * 8 {
            var changed = bytes
            changed[place / 8] ^= 1 << UInt8(place % 8)
            #expect(!isRecord(changed, 64), "bit \(place)")
        }
    }

    @Test("texts that are too long are cut, and the record says which")
    func truncation() throws {
        let long = String(repeating: "ä", count: 5000)
        var bytes: [UInt8] = []
        withEntry(1, path: long, agent: long) { bytes = record($0) }
        #expect(bytes.count <= AuditRecord.maximumBytes)
        let object = try json(bytes)
        #expect(object["truncated"] as? [String] == ["path", "userAgent"])
        #expect((object["path"] as? String)?.count == AuditEntry.Limit.path / 2)
    }

    @Test("the longest record is not longer than said")
    func longest() {
        let text = String(repeating: "x", count: 1000)
        text.withByteView { text in
            let entry = AuditEntry(
                id: TimedID(high: .max, low: .max), startedAt: .max, durationMs: .max, status: 999, attempts: 255,
                isComplete: false, traceHigh: .max, traceLow: .max, tenant: text, user: text, method: text, route: text,
                path: text,
                address: text, userAgent: text, requestID: text, module: text, service: text, problem: text)
            #expect(record(entry).count == AuditRecord.maximumBytes)
        }
    }

    @Test("bytes that a stranger chose are valid JSON in the end")
    func hostile() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let noise = (0..<Int.random(in: 0...300)).map { _ in UInt8.random(in: 0...255, using: &random) }
            try noise.withByteView { noise throws in
                var entry = AuditEntry(
                    id: TimedID(high: 0, low: 0), startedAt: .random(in: .min ... .max), durationMs: 0, status: 0, attempts: 0,
                    isComplete: false, traceHigh: 0, traceLow: 0)
                entry.path = noise
                entry.userAgent = noise
                entry.tenant = noise
                #expect(try json(record(entry))["incomplete"] as? Bool == true)
            }
        }
    }

    @Test(
        "times are written in the Gregorian calendar",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (Int64.max, "9999-12-31T23:59:59.999Z"), (Int64.min, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func times(milliseconds: Int64, text: String) {
        let out = ByteWriter()
        var json = AuditJSON()
        json.append(timestamp: milliseconds, to: out)
        #expect(String(out.view) == text)
    }

    @Test("ids rise, are of version 7, and none comes twice")
    func ids() {
        var source = TimedIDSource()
        var random = SystemRandomNumberGenerator()
        var last = TimedID(high: 0, low: 0)
        for number in 0..<20_000 {
            // The clock stands, goes back and goes on.
            let now: Int64 = 1_700_000_000_000 + (number < 12_000 ? 0 : Int64(number) - 13_000)
            let id = source.next(at: now, random: &random)
            #expect(id > last)
            #expect(id.high >> 12 & 0xf == 7 && id.low >> 62 == 2)
            #expect(abs(id.milliseconds - now) < 3000)
            last = id
        }
        let out = ByteWriter()
        last.append(to: out)
        #expect(UUID(uuidString: String(out.view)) != nil)
    }
}

@Suite("Rings of records")
struct AuditRingTests {
    @Test("records come out as they went in, over many laps, and the ring is never overrun")
    func laps() throws {
        let memory = RingMemory(capacity: 16 << 10)
        let ring = try #require(AuditRing(memory.bytes))
        var (written, read) = (0, 0)
        for round in 0..<3000 {
            withEntry(written, path: String(repeating: "p", count: round % 500)) { if ring.append($0) { written += 1 } }
            guard round % 3 == 0 else { continue }
            var left = Int.random(in: 0...6)
            let outcome = ring.read(from: ring.oldest) { record in
                guard left > 0 else { return false }
                left -= 1
                #expect(AuditRecord.entry(record).traceLow == UInt64(read))
                read += 1
                return true
            }
            #expect(outcome.damaged == 0)
            ring.release(to: outcome.end)
        }
        #expect(written > 1500 && read > 1500 && numbers(ring) == Array(read..<written))
    }

    @Test("a full ring takes no more, loses nothing, and takes more once there is room")
    func full() throws {
        let memory = RingMemory(capacity: 16 << 10)
        let ring = try #require(AuditRing(memory.bytes))
        var count = 0
        var isTaken = true
        while isTaken {
            withEntry(count) { isTaken = ring.append($0) }
            if isTaken { count += 1 }
        }
        #expect(count > 10 && numbers(ring) == Array(0..<count))
        let outcome = ring.read(from: ring.oldest) { _ in true }
        ring.release(to: outcome.end)
        withEntry(count) { #expect(ring.append($0)) }
        #expect(numbers(ring) == [count])
    }

    @Test("what was promised room finds it, wherever in the memory the ring stands", arguments: 1...3)
    func promises(records: Int) throws {
        let capacity = 16 << 10
        let long = String(repeating: "x", count: 4000)
        var wraps = 0
        for start in stride(from: 0, to: capacity, by: 152) {
            let memory = RingMemory(capacity: capacity)
            let ring = try #require(AuditRing(memory.bytes))
            while ring.oldest < start {
                withEntry(0) { #expect(ring.append($0)) }
                ring.release(to: ring.read(from: ring.oldest) { _ in true }.end)
            }
            let before = ring.oldest / UInt64(capacity)
            // Each promise is used up: by a short record, so that the next is made with little less room, and long ones.
            var count = 0
            var isTaken = true
            while isTaken, ring.hasRoom(for: records) {
                withEntry(count) { isTaken = ring.append($0) }
                count += 1
            }
            #expect(isTaken)
            for _ in 1..<records {
                withEntry(count, path: long, agent: long) { #expect(ring.append($0)) }
                count += 1
            }
            #expect(count > 10 && numbers(ring) == Array(0..<count))
            ring.release(to: ring.read(from: ring.oldest) { _ in true }.end)
            if ring.oldest / UInt64(capacity) != before { wraps += 1 }
        }
        #expect(wraps > 50)
    }

    @Test("another process finds what was written and not given back")
    func reopening() throws {
        let memory = RingMemory(capacity: 16 << 10)
        do {
            let ring = try #require(AuditRing(memory.bytes))
            for number in 0..<100 {
                withEntry(number) { #expect(ring.append($0)) }
                if number < 70 { ring.release(to: ring.read(from: ring.oldest) { _ in true }.end) }
            }
        }
        let ring = try #require(AuditRing(memory.bytes))
        #expect(!ring.wasDamaged && numbers(ring) == Array(70..<100))
        withEntry(100) { #expect(ring.append($0)) }
        #expect(numbers(ring) == Array(70...100))
    }

    @Test("a record that was written without its being said is found")
    func unannounced() throws {
        let memory = RingMemory(capacity: 16 << 10)
        let ring = try #require(AuditRing(memory.bytes))
        for number in 0..<3 { withEntry(number) { #expect(ring.append($0)) } }
        let end = memory.bytes.load(fromByteOffset: 64, as: UInt64.self)
        for number in 3..<5 { withEntry(number) { #expect(ring.append($0)) } }
        memory.bytes.storeBytes(of: end, toByteOffset: 64, as: UInt64.self)
        #expect(numbers(try #require(AuditRing(memory.bytes))) == [0, 1, 2, 3, 4])
    }

    @Test("a head of nonsense loses no record")
    func headless() throws {
        for offset in [0, 8, 64, 128] {
            let memory = RingMemory(capacity: 16 << 10)
            let ring = try #require(AuditRing(memory.bytes))
            for number in 0..<20 {
                withEntry(number) { #expect(ring.append($0)) }
            }
            memory.bytes.storeBytes(of: 0x1234_5678_9abc_def1, toByteOffset: offset, as: UInt64.self)
            let found = try #require(AuditRing(memory.bytes))
            #expect(found.wasDamaged && numbers(found) == Array(0..<20), "\(offset)")
        }
    }

    @Test("a damaged record takes no other with it")
    func damage() throws {
        let memory = RingMemory(capacity: 16 << 10)
        let ring = try #require(AuditRing(memory.bytes))
        for number in 0..<20 { withEntry(number) { #expect(ring.append($0)) } }
        memory.bytes[AuditRing.headBytes + 1000] ^= 0xff
        let found = numbers(ring)
        #expect(found.count == 19 && Set(found).count == 19)
        #expect(ring.read(from: 0) { _ in true }.damaged > 0)
    }

    @Test("memory of anything is a ring that can be used, or none")
    func noise() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let memory = RingMemory(capacity: 16 << 10)
            for index in 0..<memory.bytes.count { memory.bytes[index] = UInt8.random(in: 0...255, using: &random) }
            guard let ring = AuditRing(memory.bytes) else { continue }
            #expect(numbers(ring) == [])
            withEntry(1) { #expect(ring.append($0)) }
            #expect(numbers(ring) == [1])
        }
        let small = UnsafeMutableRawBufferPointer.allocate(byteCount: 8192, alignment: 4096)
        defer { small.deallocate() }
        #expect(AuditRing(small) == nil)
    }
}
