import Synchronization

/// The latest failures of a run: when, and whose.
///
/// A ring of one word a failure, written by whichever loop saw it. A failure first gets its position in the run (from
/// `BreakerWord`), then its record is written, then the run is judged. A record carries its position, so a judge notices when another loop
/// has its position but has not written yet; that loop judges after writing, and sees this one's record. All accesses that
/// this rests on are sequentially consistent.
struct FailureRun: ~Copyable, @unchecked Sendable {
    /// Most failures that a breaker may be set to open on.
    static let mostFailures = 32

    enum Verdict {
        /// Another loop is about to write a record and will judge.
        case incomplete
        /// Too old, or nobody's business but one tenant's.
        case passes
        /// The service is down.
        case opens
    }

    // Allocated in `init`, freed in `deinit`, and in between read and written only through atomics.
    private let records: UnsafeMutablePointer<Atomic<UInt64>>
    private let capacity: UInt32
    private let failures: UInt32
    private let windowMilliseconds: Int32

    /// Twice as many records as are judged, so that few late writers never overwrite what a judge reads.
    init(failures: Int, windowMilliseconds: Int64) {
        self.failures = UInt32(failures)
        self.windowMilliseconds = Int32(clamping: windowMilliseconds)
        var size: UInt32 = 2
        while size < 2 * self.failures { size *= 2 }
        capacity = size
        records = .allocate(capacity: Int(size))
        for index in 0..<Int(size) { (records + index).initialize(to: Atomic(0)) }
    }

    deinit {
        records.deinitialize(count: Int(capacity))
        records.deallocate()
    }

    /// A tenant's part of a record. Two tenants with the same one in 2 million count as one tenant: the careful side.
    static func tag(_ tenant: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: tenant) & (1 << 21 - 1) }

    func write(tenant: UInt64, position: UInt32, epoch: UInt32, now: Int64) {
        let time = UInt64(UInt32(truncatingIfNeeded: now))
        let record = mark(position, epoch) | UInt64(Self.tag(tenant)) << 32 | time
        slot(position).pointee.store(record, ordering: .sequentiallyConsistent)
    }

    /// Judges the run that ends before `end`; `anotherSucceeded` is asked when all failures are of one tenant.
    func judge(end: UInt32, epoch: UInt32, now: Int64, anotherSucceeded: (_ tag: UInt32) -> Bool) -> Verdict {
        var spansTenants = false
        var isRecent = true
        var tenant: UInt32?
        var position = end &- failures
        while position != end {
            let record = slot(position).pointee.load(ordering: .sequentiallyConsistent)
            guard record >> 53 == mark(position, epoch) >> 53 else { return .incomplete }
            let tag = UInt32(truncatingIfNeeded: record >> 32) & (1 << 21 - 1)
            if let tenant, tenant != tag { spansTenants = true }
            tenant = tag
            let age = Int32(bitPattern: UInt32(truncatingIfNeeded: now) &- UInt32(truncatingIfNeeded: record))
            if age > windowMilliseconds { isRecent = false }
            position &+= 1
        }
        guard isRecent, let tenant else { return .passes }
        return spansTenants || !anotherSucceeded(tenant) ? .opens : .passes
    }

    private func slot(_ position: UInt32) -> UnsafeMutablePointer<Atomic<UInt64>> { records + Int(position & (capacity - 1)) }

    /// Eleven bits that tell a position from those which had its slot before: a set bit, the epoch's end, the lap's end.
    private func mark(_ position: UInt32, _ epoch: UInt32) -> UInt64 {
        1 << 63 | UInt64(epoch & 0xf) << 59 | UInt64(position / capacity & 0x3f) << 53
    }
}
