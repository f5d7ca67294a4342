import Synchronization

/// How long a tenant's window is and how fine it is kept.
struct WindowSpan {
    /// Longest window: the cells' times stay unambiguous while a ring of such windows turns.
    static let mostMilliseconds: Int64 = 600_000

    let milliseconds: Int64
    /// Milliseconds of a cell when the window is too busy for one cell a call: a sixtieth of the window.
    let cellMilliseconds: Int64

    init(milliseconds: Int64) {
        self.milliseconds = milliseconds
        cellMilliseconds = (milliseconds + 59) / 60
    }
}

/// The calls of one tenant on one loop over a sliding window: a ring of cells, each a time with the calls and failures since.
///
/// Exact to the millisecond while at most 61 of them saw calls within the window. When a 62nd comes, cells are merged to a sixtieth of
/// the window each (one second of 60), and stay so until the tenant was idle for a window; a cell then leaves with its
/// first call, so calls are forgotten early by less than a cell, never late.
///
/// Written by its loop alone; other loops read it to add up a tenant's calls.
struct WindowRing {
    /// With cells of a sixtieth, the 62nd is more than a window after the first: the ring never drops what still counts.
    static let cells = 61
    /// Words before the cells: last use, last failure, cursor.
    private static let headWords = 3
    static let words = headWords + cells
    static let never = Int64.min

    private let head: UnsafeMutablePointer<Atomic<UInt64>>

    /// The ring in `words` words at `head`.
    init(_ head: UnsafeMutablePointer<Atomic<UInt64>>) { self.head = head }

    /// When the latest call was counted.
    var lastUse: Int64 { time(0) }
    /// When the latest failure was counted; `never` when none was.
    var lastFailure: Int64 { time(1) }

    /// Forgets everything.
    func clear() {
        set(0, UInt64(bitPattern: Self.never))
        set(1, UInt64(bitPattern: Self.never))
        for index in 2..<Self.words { set(index, 0) }
    }

    /// Counts a call; `start` is the earliest time of which the ring may still hold anything.
    func count(failed: Bool, now: Int64, start: Int64, span: WindowSpan) {
        if lastUse < start { clear() }
        set(0, UInt64(bitPattern: now))
        if failed { set(1, UInt64(bitPattern: now)) }
        if !add(failed: failed, now: now, span: span) {
            merge(span)
            _ = add(failed: failed, now: now, span: span)
        }
    }

    /// The calls from `start` to now, and how many of them failed.
    func total(now: Int64, start: Int64, span: WindowSpan) -> (calls: Int, failures: Int) {
        guard lastUse >= start else { return (0, 0) }
        var calls = 0
        var failures = 0
        for index in Self.headWords..<Self.words {
            let cell = WindowCell(raw: word(index))
            guard cell.calls > 0, cell.age(at: now) <= span.milliseconds else { continue }
            calls &+= cell.calls
            failures &+= cell.failures
        }
        return (calls, failures)
    }

    // MARK: Cells

    /// False when the call needs a cell and the oldest still counts.
    private func add(failed: Bool, now: Int64, span: WindowSpan) -> Bool {
        let state = word(2)
        let cursor = Int(truncatingIfNeeded: state & 0xff)
        let isMerged = state > 0xff
        let current = WindowCell(raw: word(Self.headWords &+ cursor))
        if current.calls > 0, current.age(at: now) < (isMerged ? span.cellMilliseconds : 1) {
            set(Self.headWords &+ cursor, current.adding(failed: failed).raw)
            return true
        }
        let next = cursor &+ 1 == Self.cells ? 0 : cursor &+ 1
        let oldest = WindowCell(raw: word(Self.headWords &+ next))
        if oldest.calls > 0, oldest.age(at: now) <= span.milliseconds, !isMerged { return false }
        set(Self.headWords &+ next, WindowCell(time: now).adding(failed: failed).raw)
        set(2, UInt64(next) | state & ~0xff)
        return true
    }

    /// Merges cells that lie within one `cellMilliseconds`, oldest first, in place. A call is never in two cells at once, so another loop
    /// may read too little meanwhile, but not too much.
    private func merge(_ span: WindowSpan) {
        let first = Int(truncatingIfNeeded: word(2) & 0xff) &+ 1
        var target = first % Self.cells
        for step in 1..<Self.cells {
            let source = (first &+ step) % Self.cells
            let cell = WindowCell(raw: word(Self.headWords &+ source))
            let merged = WindowCell(raw: word(Self.headWords &+ target))
            set(Self.headWords &+ source, 0)
            if merged.lead(over: cell) < span.cellMilliseconds {
                set(Self.headWords &+ target, merged.adding(cell).raw)
            } else {
                target = (target &+ 1) % Self.cells
                set(Self.headWords &+ target, cell.raw)
            }
        }
        set(2, UInt64(target) | 1 << 8)
    }

    private func time(_ index: Int) -> Int64 { Int64(bitPattern: word(index)) }

    private func word(_ index: Int) -> UInt64 { head[index].load(ordering: .relaxed) }

    private func set(_ index: Int, _ value: UInt64) { head[index].store(value, ordering: .relaxed) }
}

/// Calls counted since a time: 28 bits of milliseconds, 18 bits each of calls and failures.
struct WindowCell {
    let raw: UInt64

    /// More calls than a loop can make in a cell; further ones are not counted.
    static let mostCalls = 1 << 18 - 1

    init(raw: UInt64) { self.raw = raw }

    init(time: Int64) { raw = UInt64(bitPattern: time) << 36 }

    private init(timeOf cell: WindowCell, calls: Int, failures: Int) {
        raw = cell.raw & ~(1 << 36 - 1) | UInt64(calls) << 18 | UInt64(failures)
    }

    var calls: Int { Int(truncatingIfNeeded: raw >> 18) & Self.mostCalls }
    var failures: Int { Int(truncatingIfNeeded: raw) & Self.mostCalls }

    /// Milliseconds since the cell's time; right within 37 hours either way.
    func age(at now: Int64) -> Int64 { Self.difference(UInt64(bitPattern: now) << 36, raw) }

    /// Milliseconds from the cell's time to a later cell's.
    func lead(over later: WindowCell) -> Int64 { Self.difference(later.raw, raw) }

    /// The signed difference of two times in the upper 28 bits.
    private static func difference(_ later: UInt64, _ earlier: UInt64) -> Int64 {
        Int64(bitPattern: (later >> 36 &- earlier >> 36) << 36) >> 36
    }

    func adding(failed: Bool) -> WindowCell {
        guard calls < Self.mostCalls else { return self }
        return WindowCell(raw: raw &+ (failed ? 1 << 18 | 1 : 1 << 18))
    }

    func adding(_ other: WindowCell) -> WindowCell {
        let calls = min(calls + other.calls, Self.mostCalls)
        return WindowCell(timeOf: self, calls: calls, failures: min(failures + other.failures, calls))
    }
}
