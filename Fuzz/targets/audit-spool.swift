import AuditRecords
import Bytes

nonisolated(unsafe) private let memory = UnsafeMutableRawBufferPointer.allocate(
    byteCount: AuditRing.headBytes + AuditRing.minimumCapacity, alignment: 4096)
nonisolated(unsafe) private let out = ByteWriter()
nonisolated(unsafe) private var json = AuditJSON()

/// A ring's file of which the first bytes of head and records are anyone's: it becomes a ring that gives what is valid, takes a record
/// and gives that too.
func fuzz(_ input: ByteView) {
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    let head = min(input.count, 136)
    for index in 0..<head { memory[index] = input[index] }
    for index in head..<input.count {
        let place = AuditRing.headBytes + index - head
        if place < memory.count { memory[place] = input[index] }
    }
    guard let ring = AuditRing(memory) else { return expect(false, "memory of this size is a ring") }
    expect(ring.waiting >= 0 && ring.waiting <= ring.capacity, "it holds no more than it can")
    let outcome = ring.read(from: ring.oldest) { record in
        out.removeAll()
        json.append(record, to: out)
        expect(out.count > 0, "a record can be written")
        return true
    }
    ring.release(to: outcome.end)
    expect(ring.waiting == 0, "what was read can be given back")
    let entry = AuditEntry(
        id: TimedID(high: 1, low: 2), startedAt: 3, durationMs: 4, status: 200, attempts: 1, isComplete: true, traceHigh: 5,
        traceLow: 6, path: input[0, min(input.count, 2000)])
    expect(ring.append(entry), "an empty ring takes a record")
    var count = 0
    _ = ring.read(from: ring.oldest) { record in
        count += 1
        expect(AuditRecord.entry(record).traceLow == 6, "it is the one")
        return true
    }
    expect(count == 1, "and gives it")
}
