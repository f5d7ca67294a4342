import Synchronization

/// Who succeeded last, by loop: enough to tell for any tenant when another one last succeeded.
///
/// Each loop writes its own cache lines only, so a success costs no traffic between cores. Of a loop it holds the tenant that succeeded
/// last, when, and when last one that is not it; both are exact. A reader on another loop may meet a half-written
/// change of tenant; what it then takes for another tenant's success is the very success that is being written.
struct SuccessMarks: ~Copyable, @unchecked Sendable {
    private static let never = Int64.min
    /// Two cache lines a loop, because processors fetch lines in pairs.
    private static let stride = 16

    // Allocated in `init`, freed in `deinit`, and in between read and written only through atomics.
    private let words: UnsafeMutablePointer<Atomic<Int64>>
    private let loops: Int

    init(loops: Int) {
        self.loops = loops
        words = .allocate(capacity: loops * Self.stride)
        for index in 0..<loops * Self.stride { (words + index).initialize(to: Atomic(index % Self.stride == 0 ? 0 : Self.never)) }
    }

    deinit {
        words.deinitialize(count: loops * Self.stride)
        words.deallocate()
    }

    /// Notes a success; called by `loop` alone.
    func note(tenant: UInt64, loop: Int, now: Int64) {
        let latest = words + loop &* Self.stride
        let tenant = Int64(bitPattern: tenant)
        if latest[0].load(ordering: .relaxed) != tenant {
            latest[2].store(latest[1].load(ordering: .relaxed), ordering: .relaxed)
            latest[0].store(tenant, ordering: .relaxed)
        }
        latest[1].store(now, ordering: .relaxed)
    }

    /// Whether a tenant with another tag succeeded at `time` or later.
    func anotherSucceeded(than tag: UInt32, since time: Int64) -> Bool {
        for loop in 0..<loops {
            let latest = words + loop &* Self.stride
            let isSame = FailureRun.tag(UInt64(bitPattern: latest[0].load(ordering: .relaxed))) == tag
            let success = latest[isSame ? 2 : 1].load(ordering: .relaxed)
            if success != Self.never, success >= time { return true }
        }
        return false
    }
}
