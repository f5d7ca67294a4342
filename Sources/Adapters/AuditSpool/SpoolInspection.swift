import AuditRecords
public import Bytes
import Foundation

/// What a spool on the disk holds, looked at without touching it: a gateway may be using it.
public struct SpoolInspection: Sendable {
    /// One ring or segment.
    public struct File: Sendable {
        public let name: String
        /// Records that no sink is known to have.
        public var records = 0
        public var bytes = 0
        /// Bytes between records that are none, by where they begin; the first hundred.
        public var damages: [Int] = []
        public var damagedBytes = 0
        /// Milliseconds since 1970 of the earliest and the latest request; nil without records.
        public var first: Int64?
        public var last: Int64?
        /// Why the file could not be read.
        public var fault: String?
    }

    public private(set) var files: [File] = []
    /// Whether a running gateway has the spool.
    public let isInUse: Bool

    public var records: Int { files.reduce(0) { $0 + $1.records } }
    public var isSound: Bool { files.allSatisfy { $0.damagedBytes == 0 && $0.fault == nil } }

    /// Reads a spool; `take` is told each record as `AuditRecord` has it, oldest segment first and rings last.
    public init(folder: String, _ take: (ByteView) -> Void = { _ in }) throws(SpoolFault) {
        let segments = try SpoolFolder.segments(in: folder).map { SpoolFolder.segment($0, in: folder) }
        let rings = try SpoolFolder.rings(in: folder)
        isInUse = Self.isLocked(folder)
        for path in segments { files.append(Self.inspect(path, take) { Self.segment($0) }) }
        for path in rings { files.append(Self.inspect(path, take) { Self.ring($0) }) }
    }

    private static func isLocked(_ folder: String) -> Bool {
        let lock = open("\(folder)/\(SpoolFolder.lockName)", O_RDONLY | O_CLOEXEC)
        guard lock >= 0 else { return false }
        defer { close(lock) }
        return flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// Bytes that hold records, with the position of the first.
    private struct Run {
        let bytes: Range<Int>
        let position: UInt64
    }

    private static func inspect(
        _ path: String, _ take: (ByteView) -> Void, _ runs: (ByteView) -> [Run]?
    ) -> File {
        var file = File(name: (path as NSString).lastPathComponent)
        guard let data = FileManager.default.contents(atPath: path) else {
            file.fault = "cannot be read"
            return file
        }
        file.bytes = data.count
        data.withUnsafeBytes { raw in
            let view = ByteView(raw)
            guard let runs = runs(view) else {
                file.fault = "is no file of a spool"
                return
            }
            for run in runs { read(view, run, &file, take) }
        }
        return file
    }

    private static func read(_ view: ByteView, _ run: Run, _ file: inout File, _ take: (ByteView) -> Void) {
        var (at, wasDamaged) = (run.bytes.lowerBound, false)
        let end = run.bytes.upperBound
        while at + AuditRecord.emptyHeadBytes <= end {
            switch AuditRecord.read(view[at, end], position: run.position + UInt64(at - run.bytes.lowerBound)) {
            case .record(let length):
                let record = view[at, at + length]
                let start = AuditRecord.entry(record).startedAt
                file.first = min(file.first ?? start, start)
                file.last = max(file.last ?? start, start)
                file.records += 1
                take(record)
                at += length
                wasDamaged = false
            case .empty(let length): at += length
            case .damaged:
                if !wasDamaged, file.damages.count < 100 { file.damages.append(at) }
                wasDamaged = true
                file.damagedBytes += 8
                at += 8
            }
        }
        if at < end { file.damagedBytes += end - at }
    }

    private static func segment(_ view: ByteView) -> [Run]? {
        guard view.count >= Segment.headBytes, view.load8(at: 0) == Segment.mark else { return nil }
        let sent = min(max(Int(clamping: view.load8(at: 8)), Segment.headBytes), view.count)
        return [Run(bytes: sent..<view.count, position: UInt64(sent))]
    }

    private static func ring(_ view: ByteView) -> [Run]? {
        guard let (head, tail, capacity) = AuditRing.bounds(view) else { return nil }
        let start = Int(head % UInt64(capacity))
        let count = Int(tail - head)
        let first = min(count, capacity - start)
        let base = AuditRing.headBytes
        var runs = [Run(bytes: base + start..<base + start + first, position: head)]
        if count > first { runs.append(Run(bytes: base..<base + count - first, position: head + UInt64(first))) }
        return runs
    }
}
