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
    private static let headWords = 4
    static let words = headWords + cells
    static let never = Int64.min

    private enum Head {
        static let lastUse = 0
        static let lastFailure = 1
        /// Which cells are in use: see `State`.
        static let state = 2
        /// Calls and failures of the cells in use: the upper and the lower half.
        static let totals = 3
    }

    private let head: UnsafeMutablePointer<Atomic<UInt64>>

    /// The ring in `words` words at `head`.
    init(_ head: UnsafeMutablePointer<Atomic<UInt64>>) { self.head = head }

    /// When the latest call was counted.
    var lastUse: Int64 { Int64(bitPattern: word(Head.lastUse)) }
    /// When the latest failure was counted; `never` when none was.
    var lastFailure: Int64 { Int64(bitPattern: word(Head.lastFailure)) }
    /// The calls in the window when its newest cell began and since, and how many failed.
    var counted: WindowCount { WindowCount(word(Head.totals)) }

    /// Forgets everything.
    func clear() {
        set(Head.lastUse, UInt64(bitPattern: Self.never))
        set(Head.lastFailure, UInt64(bitPattern: Self.never))
        set(Head.state, 0)
        set(Head.totals, 0)
        set(Self.headWords, 0)
    }

    /// Counts a call; `start` is the earliest time of which the ring may still hold anything.
    @inline(__always) func count(failed: Bool, now: Int64, start: Int64, span: WindowSpan) {
        if lastUse < start { clear() }
        set(Head.lastUse, UInt64(bitPattern: now))
        if failed { set(Head.lastFailure, UInt64(bitPattern: now)) }
        let state = State(raw: word(Head.state))
        let newest = cell(state.last)
        guard newest.calls > 0, newest.age(at: now) < (state.isMerged ? span.cellMilliseconds : 1) else {
            return countInNewCell(failed: failed, now: now, state: state, span: span)
        }
        guard newest.calls < WindowCell.mostCalls else { return }
        set(Self.headWords &+ state.last, newest.adding(failed: failed).raw)
        set(Head.totals, word(Head.totals) &+ (failed ? 1 << 32 | 1 : 1 << 32))
    }

    /// Gives up the cells that are over, and begins one.
    private func countInNewCell(failed: Bool, now: Int64, state: State, span: WindowSpan) {
        var state = state
        var totals = word(Head.totals)
        while state.used > 0 {
            let oldest = cell(state.first)
            guard oldest.age(at: now) > span.milliseconds else { break }
            totals &-= oldest.totals
            state.dropFirst()
        }
        if state.used == Self.cells { state = merge(state, span) }
        state.addLast()
        let new = WindowCell(time: now).adding(failed: failed)
        set(Self.headWords &+ state.last, new.raw)
        set(Head.totals, totals &+ new.totals)
        set(Head.state, state.raw)
    }

    /// The calls from `start` to now, and how many of them failed.
    func total(now: Int64, start: Int64, span: WindowSpan) -> WindowCount {
        guard lastUse >= start else { return WindowCount(0) }
        var state = State(raw: word(Head.state))
        var totals: UInt64 = 0
        while state.used > 0 {
            let oldest = cell(state.first)
            if oldest.age(at: now) <= span.milliseconds { totals &+= oldest.totals }
            state.dropFirst()
        }
        return WindowCount(totals)
    }

    /// Merges the cells of a full ring that lie within one `cellMilliseconds`, oldest first, in place. A call is never in two cells at once,
    /// so another loop may read too little meanwhile, but not too much.
    private func merge(_ full: State, _ span: WindowSpan) -> State {
        var target = full.first
        var used = 1
        for step in 1..<Self.cells {
            let source = (full.first &+ step) % Self.cells
            let cell = cell(source)
            let merged = self.cell(target)
            set(Self.headWords &+ source, 0)
            if merged.lead(over: cell) < span.cellMilliseconds {
                set(Self.headWords &+ target, merged.adding(cell).raw)
            } else {
                target = (target &+ 1) % Self.cells
                used &+= 1
                set(Self.headWords &+ target, cell.raw)
            }
        }
        return State(first: full.first, last: target, used: used, isMerged: true)
    }

    private func cell(_ index: Int) -> WindowCell { WindowCell(raw: word(Self.headWords &+ index)) }

    private func word(_ index: Int) -> UInt64 { head[index].load(ordering: .relaxed) }

    private func set(_ index: Int, _ value: UInt64) { head[index].store(value, ordering: .relaxed) }

    /// Which cells are in use: a byte each for the index of the newest and the oldest, how many, and whether they are merged.
    private struct State {
        private(set) var raw: UInt64

        init(raw: UInt64) { self.raw = raw }

        init(first: Int, last: Int, used: Int, isMerged: Bool) {
            raw = UInt64(last) | UInt64(first) << 8 | UInt64(used) << 16 | (isMerged ? 1 << 24 : 0)
        }

        var last: Int { Int(truncatingIfNeeded: raw & 0xff) }
        var first: Int { Int(truncatingIfNeeded: raw >> 8 & 0xff) }
        var used: Int { Int(truncatingIfNeeded: raw >> 16 & 0xff) }
        var isMerged: Bool { raw >> 24 != 0 }

        mutating func addLast() {
            let next = used == 0 ? first : (last &+ 1) % cells
            self = State(first: first, last: next, used: used &+ 1, isMerged: isMerged)
        }

        mutating func dropFirst() {
            self = State(first: (first &+ 1) % cells, last: last, used: used &- 1, isMerged: isMerged)
        }
    }
}

/// Calls, and how many of them failed.
struct WindowCount {
    let calls: Int
    let failures: Int

    /// From calls in the upper half and failures in the lower.
    init(_ totals: UInt64) { (calls, failures) = (Int(totals >> 32), Int(totals & 0xffff_ffff)) }

    init(calls: Int, failures: Int) { (self.calls, self.failures) = (calls, failures) }

    /// Whether more than `percent` of the calls failed.
    func isFailing(moreThan percent: Int) -> Bool { failures != 0 && failures &* 100 > calls &* percent }
}
