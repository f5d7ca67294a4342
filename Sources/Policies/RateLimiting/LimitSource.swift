/// Where shared buckets are kept; the port that an adapter fills, on the limiter's loop.
///
/// A base class, not a protocol: no existential on the way of a request.
open class LimitSource {
    /// Who asks; nil once it is gone.
    public fileprivate(set) unowned(unsafe) var limiter: SharedLimiter?

    /// For subclasses.
    public init() {}

    /// Soon calls the limiter's `flush` on its loop, before the loop waits again. Questions were written, and more may join.
    open func wake() {}

    /// Sends the question. Later, never from inside this call, and once: `LimitAsk.reply` for each bucket and `SharedLimiter.answered`, or
    /// `SharedLimiter.failed`, within about 100 ms.
    open func send(_ ask: LimitAsk) {}

    /// Shows that this process lives, and counts those that do. Later `SharedLimiter.counted`, or nothing.
    open func beat(_ instance: UInt64) {}

    func serve(_ limiter: SharedLimiter?) { self.limiter = limiter }
}
