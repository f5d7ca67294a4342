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
    /// Calls in the upper half and failures in the lower.
    var totals: UInt64 { (raw & (1 << 36 - 1)) << 14 & ~0xffff_ffff | raw & (1 << 18 - 1) }

    /// Milliseconds since the cell's time; right within 37 hours either way.
    func age(at now: Int64) -> Int64 { Self.difference(UInt64(bitPattern: now) << 36, raw) }

    /// Milliseconds from the cell's time to a later cell's.
    func lead(over later: WindowCell) -> Int64 { Self.difference(later.raw, raw) }

    /// The signed difference of two times in the upper 28 bits.
    private static func difference(_ later: UInt64, _ earlier: UInt64) -> Int64 {
        Int64(bitPattern: (later >> 36 &- earlier >> 36) << 36) >> 36
    }

    /// One call more, of fewer than `mostCalls`.
    func adding(failed: Bool) -> WindowCell { WindowCell(raw: raw &+ (failed ? 1 << 18 | 1 : 1 << 18)) }

    func adding(_ other: WindowCell) -> WindowCell {
        let calls = min(calls + other.calls, Self.mostCalls)
        return WindowCell(timeOf: self, calls: calls, failures: min(failures + other.failures, calls))
    }
}
