import Bytes
import GatewayCore
import HTTP1
import HTTPSemantics
import NIOCore

/// One request of a list: takes its answer as the bytes a client would get, and hands it over when it is complete.
final class BatchItem: BufferedClient {
    /// Bytes of one answer, head and framing included; an answer that is larger does not belong into a list.
    static let maximumBytes = 4 << 20

    /// How an answer ended.
    enum Ending {
        case complete
        /// It broke off, or is no answer a list can hold.
        case broken
        case tooLarge
    }

    let index: Int
    private unowned let batch: BatchRun
    private var isOver = false
    let answer = ByteWriter(capacity: 512)

    init(_ index: Int, of batch: BatchRun, body: ByteBuffer?, peer: ClientAddress, isSecure: Bool) {
        self.index = index
        self.batch = batch
        super.init(peer: peer, isSecure: isSecure)
        if let body { inbound = body }
    }

    /// Runs the request whose head `exchange` has parsed.
    func start(_ exchange: Exchange) {
        self.exchange = exchange
        exchange.begin(for: self)
        drive()
    }

    /// The list is not wanted any more.
    func cancel() {
        isOver = true
        guard let running = exchange else { return }
        exchange = nil
        running.clientLeft()
    }

    private func end(_ ending: Ending) {
        guard !isOver else { return }
        isOver = true
        batch.ended(self, ending)
    }

    override func write(_ bytes: ByteBuffer) {
        guard answer.count + bytes.readableBytes <= Self.maximumBytes else { return isWritable = false }
        bytes.withUnsafeReadableBytes { answer.append(ByteView($0)) }
    }

    /// What did not fit shows here, outside of whatever was writing.
    override func flush() {
        guard !isWritable, let running = exchange else { return }
        exchange = nil
        running.clientLeft()
        end(.tooLarge)
    }

    override func letGo() { exchange = nil }

    override func exchangeDone() { end(isWritable ? .complete : .tooLarge) }

    override func closeAfterAnswer() { exchangeDone() }

    override func abort() { end(.broken) }
}
