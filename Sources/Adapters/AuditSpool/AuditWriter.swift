import Bytes
import Foundation
public import GatewayCore
import Synchronization

/// Takes records out of the spool and gives them to a sink, on two threads of its own: one delivers, the other makes room while that waits.
///
/// At least once: a record leaves the spool when a sink has it for good, and not before.
public final class AuditWriter: Sendable {
    /// How records fare.
    public struct Figures: Sendable, Hashable {
        /// Records that the sink, and the fallback, has taken since the start.
        public var delivered: UInt64 = 0
        public var fellBack: UInt64 = 0
        /// Records that no sink will ever take; each is a line of `refused.jsonl` in the spool.
        public var refused: UInt64 = 0
        /// Attempts that failed.
        public var failures: UInt64 = 0
        /// Why the sink does not take records now; nil while it does.
        public var fault: String?
    }

    /// How long records wait for others at most, to leave together with them.
    static let pause: TimeInterval = 0.05
    /// Between looks at how full rings are: a ring has room for more than a second's records of a busy loop.
    static let spillPause: TimeInterval = 0.02
    /// For one delivery.
    static let timeout = Duration.seconds(10)
    static let firstDelay = Duration.milliseconds(100)
    static let longestDelay = Duration.seconds(5)

    private let spool: AuditSpool
    private let sink: any AuditSink
    private let fallback: (any AuditSink)?
    private let spills: Bool
    private let report: @Sendable (_ fault: String?) -> Void
    private let figuresNow = Mutex(Figures())
    private let stopAt = Mutex<ContinuousClock.Instant?>(nil)
    private let filling = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - fallback: takes what the sink does not, while it does not.
    ///   - spills: whether rings may be emptied into segments.
    ///   - report: is told when the sink fails and when it is back; comes on the writer's thread.
    public init(
        _ spool: AuditSpool, sink: any AuditSink, fallback: (any AuditSink)? = nil, spills: Bool,
        report: @escaping @Sendable (_ fault: String?) -> Void
    ) {
        self.spool = spool
        self.sink = sink
        self.fallback = fallback
        self.spills = spills
        self.report = report
    }

    public var figures: Figures { figuresNow.withLock { $0 } }

    /// Starts the threads.
    public func start() {
        for (name, body) in [("audit-sender", deliverAll), ("audit-keeper", makeRoom)] {
            let thread = Thread { [self] in
                body()
                ended.signal()
            }
            thread.name = name
            thread.start()
        }
    }

    /// Delivers what is left, for at most `limit`; what no sink takes by then stays in the spool for the next process.
    ///
    /// Blocks; to be called once, after the loops wrote their last records.
    public func stop(within limit: Duration) {
        stopAt.withLock { $0 = .now + limit }
        // A sink that is stuck cannot hold up the end: its thread ends with the process.
        let patience = DispatchTime.now() + limit / .seconds(1) + 0.5
        for _ in 0..<2 { _ = ended.wait(timeout: patience) }
    }

    private var deadline: ContinuousClock.Instant? { stopAt.withLock { $0 } }

    // MARK: Making room

    private func makeRoom() {
        while deadline == nil {
            if spills { spool.spill() }
            if spool.isFilling { filling.signal() }
            Thread.sleep(forTimeInterval: Self.spillPause)
        }
    }

    // MARK: Delivering

    private func deliverAll() {
        let batch = AuditBatch()
        var reader: SegmentReader?
        var backoff = Backoff()
        while true {
            let end = deadline
            if let end, ContinuousClock.now >= end { break }
            if end != nil { spool.closeSegment() }
            let source = spool.fill(batch, from: &reader)
            if case .nothing = source, end != nil { break }
            if batch.count > 0 { deliver(batch, source, &backoff) }
            // Few records at a time cost the sink as much as many.
            if deadline == nil, !batch.isFull { _ = filling.wait(timeout: .now() + Self.pause) }
        }
        sink.close()
        fallback?.close()
    }

    /// Tries until the batch is delivered, was moved elsewhere, or the end has come.
    private func deliver(_ batch: AuditBatch, _ source: AuditSpool.Source, _ backoff: inout Backoff) {
        var done = 0
        while !spool.isElsewhere(source) {
            if attempt(batch, from: &done, &backoff) { return spool.settle(source) }
            guard wait(backoff.next()) else { return }
        }
    }

    /// Delivers the records from `done` on, and moves `done` on; true when that was all.
    private func attempt(_ batch: AuditBatch, from done: inout Int, _ backoff: inout Backoff) -> Bool {
        while done < batch.count {
            var part = done..<batch.count
            var outcome = sink.deliver(batch, part, within: timeLeft)
            while case .refused = outcome, part.count > 1 {
                part = part.lowerBound..<part.lowerBound + part.count / 2
                outcome = sink.deliver(batch, part, within: timeLeft)
            }
            switch outcome {
            case .delivered:
                backoff.reset()
                settleFault(nil, delivered: part.count)
            case .refused(let reason):
                settleFault(nil, delivered: 0)
                guard spool.setAside(batch.json(part.lowerBound)) else {
                    settleFault("\(reason), and the record could not be set aside", delivered: 0)
                    return false
                }
                figuresNow.withLock { $0.refused += 1 }
            case .unavailable(let reason):
                settleFault(reason, delivered: 0)
                guard let fallback, case .delivered = fallback.deliver(batch, part, within: timeLeft) else { return false }
                figuresNow.withLock { $0.fellBack += UInt64(part.count) }
            }
            done = part.upperBound
        }
        return true
    }

    private var timeLeft: Duration {
        guard let deadline else { return Self.timeout }
        return max(.milliseconds(50), min(Self.timeout, deadline - .now))
    }

    private func settleFault(_ fault: String?, delivered: Int) {
        let hasChanged = figuresNow.withLock { figures in
            figures.delivered += UInt64(delivered)
            if fault != nil { figures.failures += 1 }
            defer { figures.fault = fault }
            return (figures.fault == nil) != (fault == nil)
        }
        if hasChanged { report(fault) }
    }

    /// Waits for so long; false when the end has come meanwhile.
    private func wait(_ delay: Duration) -> Bool {
        let until = ContinuousClock.now + delay
        while ContinuousClock.now < until {
            if let deadline, ContinuousClock.now >= deadline { return false }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return true
    }
}

/// Growing delays between attempts, each between half and all of what it could be.
private struct Backoff {
    private var delay = AuditWriter.firstDelay

    mutating func next() -> Duration {
        defer { delay = min(delay * 2, AuditWriter.longestDelay) }
        return delay * Double.random(in: 0.5...1)
    }

    mutating func reset() { delay = AuditWriter.firstDelay }
}
