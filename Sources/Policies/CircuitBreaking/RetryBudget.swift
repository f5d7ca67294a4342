/// Bounds retries to a share of the requests, so that a service in trouble is not made to fail by them.
///
/// One for each service on each event loop, owned by the loop: a plain value. Over the last ten seconds there may be one retry for five
/// requests, and besides a floor, so that a service with little traffic has retries at all.
public struct RetryBudget: Sendable {
    /// Retries in a hundred requests.
    public static let percent = 20
    /// Retries that are always allowed, a second and process; the loops share them.
    public static let floorPerSecond = 3
    /// Seconds of the window.
    public static let windowSeconds = 10

    /// The calls of a second: requests in the upper half, retries in the lower.
    private var cells = InlineArray<10, UInt64>(repeating: 0)
    private var second: Int64 = 0
    private var requests = 0
    private var retries = 0
    private let floor: Int

    /// A budget for one of `loops` event loops.
    public init(loops: Int = 1) { floor = max(1, Self.floorPerSecond * Self.windowSeconds / max(1, loops)) }

    /// Counts a request; retries of it are not requests.
    public mutating func countRequest(now: Int64) {
        advance(to: now)
        guard requests < Int(UInt32.max) else { return }
        requests &+= 1
        cells[index] &+= 1 << 32
    }

    /// Takes a retry from the budget; false when it is used up.
    public mutating func takeRetry(now: Int64) -> Bool {
        advance(to: now)
        guard retries < floor + requests * Self.percent / 100 else { return false }
        retries &+= 1
        cells[index] &+= 1
        return true
    }

    private var index: Int { Int(second % Int64(Self.windowSeconds)) }

    /// Drops the seconds that are over.
    private mutating func advance(to now: Int64) {
        let current = max(0, now) / 1_000
        guard current > second else { return }
        let first = max(second + 1, current - Int64(Self.windowSeconds) + 1)
        for passed in first...current {
            let index = Int(passed % Int64(Self.windowSeconds))
            requests &-= Int(cells[index] >> 32)
            retries &-= Int(cells[index] & 0xffff_ffff)
            cells[index] = 0
        }
        second = current
    }
}
