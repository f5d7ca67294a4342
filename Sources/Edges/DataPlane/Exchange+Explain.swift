import Bytes
import CircuitBreaking
import GatewayCore
import HTTP1
import HTTP2
import HTTPSemantics
import JSON
import NIOCore
import ProblemDetails
import TokenVerification
import Transcoding

/// The end of a request that is explained: the breakers are looked at, and what would be sent is written down.
extension Exchange {
    /// Bytes of a body that are shown.
    private static let shownBytes = 64 << 10

    func explainCall(_ operation: Operation, _ explanation: Explanation) {
        if bodyMode == .collect { explanation.note("body", .passed) }
        startDeadline(operation)
        guard let service = operation.service else {
            explanation.upstream.append("{\"protocol\":\"none\"}")
            return finish()
        }
        guard explainBreakers(service, explanation) else { return respondProblem() }
        let out = explanation.upstream
        out.append("{")
        out.append(member: "service", service.name)
        out.append(member: "addresses", service.addresses.map { "\($0.host):\($0.port)" }.joined(separator: ", "))
        out.append(member: "timeoutMs", Int(callDeadline.remaining(at: worker.now)))
        if operation.kind == .grpc {
            guard explainMessage(operation, service, out) else {
                out.removeAll()
                explanation.note("translation", .refused)
                return respondProblem()
            }
        } else {
            explainRequest(service, out)
        }
        out.append("}")
        finish()
    }

    private func explainBreakers(_ service: Service, _ explanation: Explanation) -> Bool {
        guard let breaker = worker.callGuard(service)?.breaker else { return true }
        let snapshot = breaker.snapshot(now: worker.now)
        let tenant = request.identity?.tenantHash ?? 0
        let refusal = snapshot.tenants.first { $0.hash == tenant && tenant != 0 }
        let isRefused = snapshot.retryAfterMilliseconds > 0 || refusal != nil
        if snapshot.retryAfterMilliseconds > 0 {
            request.rejectCall(.service, snapshot.retryAfterMilliseconds)
        } else if let refusal {
            request.rejectCall(.tenant, refusal.remainingMilliseconds)
        }
        explanation.note("breaker", isRefused ? .refused : .passed) { out in
            out.append(member: "service", snapshot.phase.rawValue)
            out.append(member: "tenant", breaker.phase(of: tenant, now: worker.now).rawValue)
        }
        return !isRefused
    }

    /// False when there is no message: the request holds the problem.
    private func explainMessage(_ operation: Operation, _ service: Service, _ out: ByteWriter) -> Bool {
        out.append(member: "protocol", "grpc")
        out.append(member: "method", operation.callPath ?? "")
        worker.writeMetadata(request, service)
        let metadata = worker.metadata
        out.append(",\"metadata\":{")
        for index in 0..<metadata.count {
            if index > 0 { out.append(",") }
            let name = metadata.name(index)
            out.append(jsonString: name)
            out.append(":")
            out.append(jsonString: name == ByteView("authorization") ? ByteView("***") : metadata.value(index))
        }
        out.append("}")
        // Messages that come as a stream, or as a client of gRPC framed them, go on as they are.
        guard !request.isFramedCall, !operation.isClientStreaming, let call = operation.call else { return true }
        if let fault = worker.translate(request, body.view, of: operation) {
            request.reject(fault)
            return false
        }
        let start = out.count
        out.append(",\"message\":")
        if call.describeRequest(worker.message.view, into: out, scratch: worker.transcoding) != nil { out.truncate(to: start) }
        return true
    }

    private func explainRequest(_ service: Service, _ out: ByteWriter) {
        out.append(member: "protocol", "http/1.1")
        let isCollected = bodyMode == .collect
        let head = worker.scratch
        head.removeAll()
        UpstreamRequestHead.write(request, collectedBody: isCollected ? body.count : nil, service: service, to: head)
        out.append(",\"head\":[")
        var isFirst = true
        for line in String(head.view).split(separator: "\r\n", omittingEmptySubsequences: true) {
            if !isFirst { out.append(",") }
            isFirst = false
            out.append(jsonString: line.lowercased().hasPrefix("authorization:") ? "authorization: ***" : String(line))
        }
        out.append("]")
        if isCollected, body.count > 0, body.count <= Self.shownBytes { out.append(member: "body", String(body.view)) }
    }
}

/// A request that is explained, and what it comes to.
final class ExplainedClient: BufferedClient {
    private let explanation: Explanation
    private let answer = ByteWriter(capacity: 1024)
    private var done: ((Explanation, ByteView) -> Void)?
    /// Exchanges do not keep their clients; this one has nobody else to.
    private var own: ExplainedClient?

    init(_ explanation: Explanation, body: ByteView, peer: ClientAddress, done: @escaping (Explanation, ByteView) -> Void) {
        self.explanation = explanation
        self.done = done
        super.init(peer: peer, isSecure: false)
        body.withUnsafeBytes { _ = inbound.writeBytes($0) }
    }

    /// Runs the request whose head `exchange` has parsed.
    func start(_ exchange: Exchange) {
        own = self
        exchange.request.explanation = explanation
        self.exchange = exchange
        exchange.begin(for: self)
        drive()
    }

    private func end() {
        done.take()?(explanation, answer.view)
        own = nil
    }

    override func write(_ bytes: ByteBuffer) { bytes.withUnsafeReadableBytes { answer.append(ByteView($0)) } }

    override func letGo() { exchange = nil }

    override func exchangeDone() { end() }

    override func closeAfterAnswer() { end() }

    override func abort() { end() }
}

extension Worker {
    /// Explains a request; `done` gets what was decided and the bytes that the gateway itself would answer with, on this loop.
    ///
    /// - Parameter head: request line and fields with the empty line at their end.
    func explain(head: ByteView, body: ByteView, peer: ClientAddress, _ done: @escaping (Explanation, ByteView) -> Void) {
        beginTurn()
        let explanation = Explanation()
        let exchange = borrowExchange()
        let client = ExplainedClient(explanation, body: body, peer: peer, done: done)
        let fault: HTTP1Fault?
        switch exchange.parseHead(head) {
        case .complete: return client.start(exchange)
        case .invalid(let found): fault = found
        case .incomplete: fault = nil
        }
        if let fault { exchange.request.reject(fault) } else { exchange.request.reject(.badRequest, "the request has no head") }
        explanation.note("syntax", .refused)
        let status = exchange.request.problem?.status ?? 400
        let document = ByteWriter(capacity: 512)
        document.append("HTTP/1.1 ")
        document.append(decimal: status)
        document.append("\r\n\r\n")
        if let problem = exchange.request.problem { exchange.request.writeProblem(problem, to: document) }
        exchange.request.end()
        returnExchange(exchange)
        done(explanation, document.view)
    }
}
