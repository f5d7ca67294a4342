public import AuditRecords
import Bytes
import Foundation
public import GatewayCore
import Synchronization

/// Records on their way from the loops to a sink: a ring for each loop, and segments for what the sink does not take in time.
///
/// Opening it takes up what an earlier process left behind, however that ended. All methods may be called on any thread; none may be
/// called on an event loop.
public final class AuditSpool: @unchecked Sendable {
    // Unchecked: `segments` is touched only while `lock` is held.

    /// The rings, by loop.
    public var rings: [AuditRing] { mapped.map(\.ring) }
    public let state = AuditTrail.State()

    /// What is in the spool.
    public struct Contents: Sendable, Hashable {
        /// Bytes in rings and in segments that no sink has.
        public var ringBytes = 0
        public var segmentBytes = 0
        public var segments = 0
        /// Records that were moved to segments since the start.
        public var spilled: UInt64 = 0
        /// Bytes that were no records where records should have been, since the start.
        public var damaged: UInt64 = 0
        /// Records of earlier processes.
        public var recovered: UInt64 = 0
        /// Why the last attempt to write a segment failed; nil when it did not.
        public var fault: SpoolFault?
    }

    private struct MappedRing {
        let file: MappedFile
        let ring: AuditRing
    }

    private struct Segments {
        /// Closed, oldest first, with their bytes.
        var closed: [(number: UInt64, bytes: Int)] = []
        var open: Segment?
        /// When something was last added to the open one.
        var lastAddition = ContinuousClock.now
        var next: UInt64 = 1
        var contents = Contents()

        /// Bytes of all segments.
        var bytes: Int { closed.reduce(open?.length ?? 0) { $0 + $1.bytes } }
    }

    private let folder: SpoolFolder
    private let mapped: [MappedRing]
    private let limit: Int
    private let lock = NSLock()
    private var segments: Segments

    /// Opens a folder for so many loops.
    ///
    /// - Parameters:
    ///   - ringBytes: room for records in each ring.
    ///   - limit: most bytes of all segments together.
    public init(folder path: String, loops: Int, ringBytes: Int, limit: Int) throws(SpoolFault) {
        folder = try SpoolFolder(path)
        self.limit = limit
        var start = Segments()
        for number in try SpoolFolder.segments(in: path) {
            start.next = number + 1
            var status = stat()
            guard lstat(folder.segment(number), &status) == 0, status.st_size > 0 else {
                unlink(folder.segment(number))
                continue
            }
            start.closed.append((number, Int(status.st_size)))
        }
        try Self.takeUp(folder, into: &start)
        var mapped: [MappedRing] = []
        for loop in 0..<loops {
            let file = try MappedFile(creating: folder.ring(loop), bytes: AuditRing.headBytes + ringBytes & ~7)
            guard let ring = AuditRing(file.memory) else { throw .system(action: "use", path: file.path, code: EINVAL) }
            mapped.append(MappedRing(file: file, ring: ring))
        }
        self.mapped = mapped
        segments = start
    }

    /// Moves what is left in the rings of an earlier process to a segment: there may have been more loops, or rings of another size.
    private static func takeUp(_ folder: SpoolFolder, into segments: inout Segments) throws(SpoolFault) {
        for path in try SpoolFolder.rings(in: folder.path) {
            // An empty file is one whose maker ended before it had room.
            if let file = try? MappedFile(opening: path), let ring = AuditRing(file.memory), ring.waiting > 0 {
                let segment = try Segment(creating: folder.segment(segments.next), number: segments.next)
                segments.next += 1
                let outcome = ring.read(from: ring.oldest) { record in
                    segment.append(record)
                    segments.contents.recovered += 1
                    return true
                }
                segments.contents.damaged += UInt64(outcome.damaged)
                try segment.write()
                try segment.synchronise()
                segments.closed.append((segment.number, segment.bytes))
            }
            guard unlink(path) == 0 else { throw .last("remove", path) }
        }
    }

    public var contents: Contents {
        lock.withLock {
            var contents = segments.contents
            contents.ringBytes = mapped.reduce(0) { $0 + $1.ring.waiting }
            contents.segmentBytes = segments.bytes
            contents.segments = segments.closed.count + (segments.open == nil ? 0 : 1)
            return contents
        }
    }

    /// The folder, as it was named.
    public var path: String { folder.path }

    // MARK: What the writer takes

    /// What a batch was taken from, to be given back once a sink has it.
    enum Source {
        case segment(SegmentReader, end: Int)
        /// By loop; where the records that were taken end.
        case rings([UInt64])
        case nothing
    }

    /// Fills `batch` with what is oldest: segments before rings, all rings alike.
    func fill(_ batch: AuditBatch, from reader: inout SegmentReader?) -> Source {
        batch.removeAll()
        return lock.withLock { () -> Source in
            while let first = segments.closed.first {
                let path = folder.segment(first.number)
                do throws(SpoolFault) {
                    let current = reader?.path == path ? reader : nil
                    let opened = if let current { current } else { try SegmentReader(path) }
                    reader = opened
                    let outcome = opened.read { batch.take($0) }
                    segments.contents.damaged += UInt64(outcome.damaged)
                    if batch.count > 0 { return .segment(opened, end: outcome.end) }
                    // There is nothing more in it.
                    unlink(path)
                } catch {
                    // Somebody removed it; anything else may pass.
                    guard case .system(_, _, ENOENT) = error else {
                        segments.contents.fault = error
                        return .nothing
                    }
                }
                reader = nil
                segments.closed.removeFirst()
            }
            var ends: [UInt64] = []
            for entry in mapped {
                var end = entry.ring.oldest
                if !batch.isFull {
                    let outcome = entry.ring.read(from: end) { batch.take($0) }
                    segments.contents.damaged += UInt64(outcome.damaged)
                    end = outcome.end
                }
                ends.append(end)
            }
            return batch.count > 0 ? .rings(ends) : .nothing
        }
    }

    /// Gives back the room of what a sink has.
    func settle(_ source: Source) {
        lock.withLock {
            switch source {
            case .nothing: break
            case .segment(let reader, let end): reader.settle(end)
            case .rings(let ends): for (entry, end) in zip(mapped, ends) { entry.ring.release(to: end) }
            }
        }
    }

    /// Whether all that was taken is elsewhere by now, so that it need not be given to a sink from here.
    func isElsewhere(_ source: Source) -> Bool {
        guard case .rings(let ends) = source else { return false }
        return zip(mapped, ends).allSatisfy { $0.ring.oldest >= $1 }
    }

    // MARK: What does not wait for the sink

    /// Moves the records of each ring that is half full to a segment, as far as the limit allows.
    func spill() {
        lock.withLock {
            var isFull = false
            for entry in mapped where entry.ring.waiting > entry.ring.capacity / 2 {
                guard segments.bytes + entry.ring.waiting <= limit else {
                    isFull = true
                    continue
                }
                do throws(SpoolFault) {
                    try move(entry.ring)
                    segments.contents.fault = nil
                } catch {
                    segments.contents.fault = error
                    isFull = true
                }
            }
            if let open = segments.open,
                open.bytes >= Segment.maximumBytes || ContinuousClock.now - segments.lastAddition > .milliseconds(200)
            {
                close(open)
            }
            state.isSpoolFull.store(isFull, ordering: .relaxed)
        }
    }

    /// Ends the segment that is written to, so that it can be delivered.
    func closeSegment() { lock.withLock { if let open = segments.open { close(open) } } }

    private func close(_ segment: Segment) {
        segments.closed.append((segment.number, segment.bytes))
        segments.open = nil
    }

    /// Whether a ring is so full that the sink should have its records soon.
    var isFilling: Bool { mapped.contains { $0.ring.waiting > $0.ring.capacity / 4 } }

    private func move(_ ring: AuditRing) throws(SpoolFault) {
        let segment: Segment
        if let open = segments.open {
            segment = open
        } else {
            segment = try Segment(creating: folder.segment(segments.next), number: segments.next)
            segments.next += 1
            segments.open = segment
        }
        var count: UInt64 = 0
        let outcome = ring.read(from: ring.oldest) { record in
            segment.append(record)
            count += 1
            return true
        }
        try segment.write()
        ring.release(to: outcome.end)
        segments.contents.spilled += count
        segments.contents.damaged += UInt64(outcome.damaged)
        segments.lastAddition = .now
    }

    /// Sets aside a record that no sink will take: a line in a file of its own.
    func setAside(_ json: ByteView) -> Bool {
        let path = "\(folder.path)/refused.jsonl"
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return false }
        defer { Foundation.close(file) }
        var line = [UInt8](json)
        line.append(UInt8(ascii: "\n"))
        return line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) } == line.count
    }
}
