import Bytes
import GatewayCore
import HTTP1
import HTTPSemantics
import NIOCore
import ProblemDetails

/// A list of requests on its way: some at a time, each an exchange of its own through the whole pipeline, answered in order.
///
/// Owned by the exchange of the list; made for it, because lists are rare and large.
final class BatchRun {
    private unowned let owner: Exchange
    private unowned(unsafe) let worker: Worker
    private let rule: BatchRule
    private let list = BatchRequest()
    private let response = BatchResponse()
    private let head: ResponseHead
    private let scratch = ByteWriter(capacity: 1024)
    private var running: [BatchItem] = []
    private var next = 0
    private var isStarting = false

    init(_ owner: Exchange, rule: BatchRule) {
        self.owner = owner
        worker = owner.worker
        self.rule = rule
        head = ResponseHead(capacity: owner.worker.limits.upstreamHead.fields)
    }

    /// Reads the list from the parsed body of the owner's request and starts the first requests.
    func start() -> BatchFault? {
        if let fault = list.parse(worker.pipeline.tape, rule: rule) { return fault }
        response.begin(count: list.count)
        startSome()
        return nil
    }

    /// The client of the list is gone.
    func cancel() {
        let items = running
        running = []
        for item in items { item.cancel() }
    }

    private func startSome() {
        guard !isStarting else { return }
        isStarting = true
        while running.count < rule.concurrency, next < list.count, owner.batch === self {
            next += 1
            start(next - 1)
        }
        isStarting = false
        if next == list.count, running.isEmpty, owner.batch === self { owner.batchEnded(response) }
    }

    private func start(_ index: Int) {
        guard let client = owner.client else { return }
        scratch.removeAll()
        list.writeHead(of: index, in: owner.request, to: scratch)
        let content = list.body(index)
        var body: ByteBuffer?
        if !content.isEmpty { body = content.withUnsafeBytes { ByteBuffer(bytes: $0) } }
        let item = BatchItem(index, of: self, body: body, peer: client.peer, isSecure: client.isSecure)
        let exchange = worker.borrowExchange()
        switch exchange.parseHead(scratch.view) {
        case .complete:
            running.append(item)
            item.start(exchange)
        case .invalid(let fault):
            exchange.request.reject(fault)
            fail(item, with: exchange)
        case .incomplete:
            exchange.request.reject(.badRequest, "the request has no head")
            fail(item, with: exchange)
        }
    }

    /// A request that cannot even begin.
    private func fail(_ item: BatchItem, with exchange: Exchange) {
        if let problem = exchange.request.problem { finish(item, problem) }
        exchange.request.end()
        worker.returnExchange(exchange)
    }

    /// An item has its answer, or will have none.
    func ended(_ item: BatchItem, _ ending: BatchItem.Ending) {
        guard let position = running.firstIndex(where: { $0 === item }) else { return }
        running.remove(at: position)
        switch ending {
        case .complete:
            if !take(item) { finish(item, Problem(.badGateway, "the answer does not fit into a list of answers")) }
        case .broken: finish(item, Problem(.badGateway, "the service's answer broke off"))
        case .tooLarge: finish(item, Problem(.badGateway, "the answer is too large for a list of answers"))
        }
        startSome()
    }

    private func finish(_ item: BatchItem, _ problem: Problem) {
        let document = ByteWriter(capacity: 512)
        owner.request.writeProblem(problem, to: document)
        response.beginAnswer()
        response.field(ByteView("content-type"), ByteView("application/problem+json"))
        _ = response.finish(item.index, id: list.id(item.index), status: problem.status, body: document.view)
    }

    /// Reads the bytes a client would have got back into status, fields and content.
    private func take(_ item: BatchItem) -> Bool {
        var bytes = item.answer.view
        while true {
            guard
                case .complete(let length) = head.parse(
                    bytes, answering: list.method(item.index), limits: worker.limits.upstreamHead)
            else { return false }
            guard head.status < 200 else { return take(item, bytes, length) }
            // Interim answers say nothing about the request.
            guard head.status != 101 else { return false }
            bytes = bytes[length, bytes.count]
        }
    }

    private func take(_ item: BatchItem, _ bytes: ByteView, _ length: Int) -> Bool {
        let content = bytes[length, bytes.count]
        response.beginAnswer()
        for index in 0..<head.fields.count {
            let line = head.fields[index]
            response.field(bytes[line.name], bytes[line.value])
        }
        guard case .chunked = head.framing else {
            return response.finish(item.index, id: list.id(item.index), status: head.status, body: content)
        }
        guard let joined = join(content) else { return false }
        return response.finish(item.index, id: list.id(item.index), status: head.status, body: joined.view)
    }

    private func join(_ content: ByteView) -> ByteWriter? {
        let joined = ByteWriter(capacity: content.count)
        var chunks = ChunkedDecoder()
        var position = 0
        scratch.removeAll()
        while true {
            switch chunks.next(content, from: position, trailers: scratch, limits: worker.limits.upstreamHead) {
            case .data(let range, let next):
                joined.append(content[range])
                position = next
            case .end: return joined
            case .needMore, .invalid: return nil
            }
        }
    }
}

/// The exchange of a list of requests.
extension Exchange {
    /// How long a list may take: its requests have deadlines of their own, but a stream among them might never end.
    static let batchMilliseconds: Int64 = 60_000

    /// Runs the requests of the list that `Pipeline.tape` holds.
    func startBatch() {
        guard let rule = worker.pipeline.snapshot.batch else {
            return fail(.serviceUnavailable, "lists of requests are not configured any more")
        }
        let batch = BatchRun(self, rule: rule)
        self.batch = batch
        deadline = worker.now + Self.batchMilliseconds
        if let fault = batch.start() {
            self.batch = nil
            request.reject(fault)
            respondProblem()
        }
    }

    func batchEnded(_ response: BatchResponse) {
        batch = nil
        responseBody.removeAll()
        response.write(to: responseBody)
        respondJSON(status: response.status)
    }
}
