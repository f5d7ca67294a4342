import Bytes
import GatewayCore

/// The answer to a server-streaming call as it grows: what was translated and not sent, and what the client knows already.
final class StreamAnswer {
    /// Bytes of an array held back while it may still be answered with its real status: what a socket takes at once.
    static let collectedBytes = 64 << 10
    /// How long an array is held back after its first element.
    static let collectMilliseconds: Int64 = 1000
    /// Silence after which an answer under way gets a sign of life. Proxies and browsers give up after 30 s and more.
    static let heartbeatMilliseconds: Int64 = 15_000

    let format: StreamFormat
    /// Elements that were not sent, in the format's framing; of an array that is held back all of them.
    let pending = ByteWriter(capacity: 1024)
    /// Where each element of a held-back array begins in `pending`.
    private(set) var starts: ContiguousArray<Int> = []
    /// Messages taken.
    private(set) var count = 0
    /// When something was last taken or sent, in the loop's milliseconds.
    var lastChange: Int64
    /// When the service's headers came; 0 before.
    var headersAt: Int64 = 0
    /// Whether the head of the answer was sent, and with it 200.
    var isCommitted = false
    /// Whether the service's own status was kept (frames).
    var hasStatus = false
    /// Whether the service was asked to wait.
    var isPaused = false
    /// Whether the end of the turn sends what is pending.
    var isFlushScheduled = false

    init(_ format: StreamFormat, now: Int64) {
        self.format = format
        lastChange = now
    }

    /// Whether a message waits for more before anything is sent.
    var isHeldBack: Bool { format == .array && !isCommitted && pending.count < Self.collectedBytes }

    /// Appends an element that cannot fail.
    func append(_ write: (ByteWriter) -> Void) {
        let _: Never? = append {
            write($0)
            return nil
        }
    }

    /// Appends what precedes an element, lets `write` append it, and what follows; on a fault nothing is appended.
    func append<Fault>(_ write: (ByteWriter) -> Fault?) -> Fault? {
        let before = pending.count
        switch format {
        case .array: if count > 0 { pending.append(",") }
        case .lines, .bytes, .frames: break
        case .events: pending.append("data: ")
        }
        let start = pending.count
        if let fault = write(pending) {
            pending.truncate(to: before)
            return fault
        }
        switch format {
        case .array: if !isCommitted { starts.append(start) }
        case .lines: pending.append("\n")
        case .events: pending.append("\n\n")
        case .bytes, .frames: break
        }
        count += 1
        return nil
    }

    /// Appends the problem document that ends a stream which began well: the last element, an event of its own kind.
    func append(problem document: ByteView) {
        if format == .events { pending.append("event: error\n") }
        append { $0.append(document) }
    }

    /// What was taken is on its way.
    func sent() {
        pending.removeAll(keepingAtMost: Self.collectedBytes)
        starts.removeAll(keepingCapacity: true)
    }

    /// Appends a held-back array as a list of items, each with its status, the last of them the failure that ended it.
    func writeItems(failure document: ByteView, status: Int, to out: ByteWriter) {
        out.append("{\"items\":[")
        for (index, start) in starts.enumerated() {
            // One byte before the next element is the comma between them.
            let end = index + 1 < starts.count ? starts[index + 1] - 1 : pending.count
            out.append("{\"index\":")
            out.append(decimal: index)
            out.append(",\"status\":200,\"item\":")
            out.append(pending.view[start, end])
            out.append("},")
        }
        out.append("{\"index\":")
        out.append(decimal: starts.count)
        out.append(",\"status\":")
        out.append(decimal: status)
        out.append(",\"problem\":")
        out.append(document)
        out.append("}]}")
    }
}
