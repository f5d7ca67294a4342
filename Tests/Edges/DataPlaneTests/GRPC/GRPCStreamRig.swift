import Bytes
import HTTP2
import NIOCore
import Testing

@testable import DataPlane

/// An owner of a stream call that records what it is told; confined to its rig's loop but for `end`.
final class StreamOwner: GRPCCallOwner, @unchecked Sendable {
    /// What the owner is told, in order; messages as their number so far.
    enum Told: Equatable {
        case initial
        case message(Int)
        case writable
        case trailers
        case finished(Int)
    }

    let upstream: GRPCUpstream
    let tag: Int
    var handle = GRPCCallHandle.none
    var told: [Told] = []
    var initial: [String: String] = [:]
    var messages: [[UInt8]] = []
    var messageCount = 0
    var writableCount = 0
    var trailers: [String: String] = [:]
    var keepsMessages = true
    var whenMessage: (StreamOwner, ByteView) -> Void = { _, _ in }
    var whenWritable: (StreamOwner) -> Void = { _ in }
    private let promise: EventLoopPromise<CallRecord>
    /// The end of the call; with a code of -1 when it was cancelled.
    var end: EventLoopFuture<CallRecord> { promise.futureResult }
    var isFinished = false

    init(_ upstream: GRPCUpstream, tag: Int) {
        self.upstream = upstream
        self.tag = tag
        promise = upstream.loop.makePromise()
    }

    override func grpcInitialMetadata(_ fields: HeaderList, tag: Int) {
        #expect(tag == self.tag && told.allSatisfy { $0 == .writable } && !isFinished)
        told.append(.initial)
        initial = Self.dictionary(fields)
    }

    override func grpcMessage(_ message: ByteView, tag: Int) {
        #expect(tag == self.tag && !isFinished)
        messageCount += 1
        if keepsMessages {
            told.append(.message(messageCount))
            messages.append([UInt8](message))
        }
        whenMessage(self, message)
    }

    override func grpcWritable(tag: Int) {
        #expect(tag == self.tag && !isFinished)
        told.append(.writable)
        writableCount += 1
        whenWritable(self)
    }

    override func grpcTrailers(_ fields: HeaderList, tag: Int) {
        #expect(tag == self.tag && !isFinished)
        told.append(.trailers)
        trailers = Self.dictionary(fields)
    }

    override func grpcFinished(_ outcome: GRPCOutcome, tag: Int) {
        #expect(tag == self.tag && !isFinished)
        isFinished = true
        told.append(.finished(outcome.code))
        promise.succeed(
            CallRecord(
                code: outcome.code, message: messages.last, text: String(outcome.message), details: [UInt8](outcome.details),
                origin: outcome.origin, neverSent: outcome.neverSent, pushback: outcome.pushback.milliseconds,
                initial: initial))
    }

    func send(_ message: [UInt8], isLast: Bool = false) -> Bool {
        message.withByteView { upstream.send(handle, $0, isLast: isLast) }
    }

    func pause() { upstream.pause(handle) }
    func resume() { upstream.resume(handle) }

    /// Gives the call up; being told anything later fails the test.
    func cancel() {
        guard !isFinished else { return }
        isFinished = true
        upstream.cancel(handle)
        promise.succeed(CallRecord())
    }

    /// Bytes that were received for the call and not delivered.
    var undelivered: Int { upstream.calls[Int(handle.index)].undelivered.count }

    private static func dictionary(_ fields: HeaderList) -> [String: String] {
        var dictionary: [String: String] = [:]
        for index in 0..<fields.count { dictionary[String(fields.name(index))] = String(fields.value(index)) }
        return dictionary
    }
}

extension GRPCTestRig {
    /// Starts a stream call on the loop; `begun` runs right after, in the same turn. `request`, when given, is its only message.
    func stream(
        _ method: String, _ replies: GRPCReplies = .many, request: [UInt8]? = nil, timeout: Int = 20_000, idle: Int = .max,
        metadata: [(String, String)] = [], begun: @escaping @Sendable (StreamOwner) -> Void = { _ in }
    ) async throws -> StreamOwner {
        let upstream = upstream
        return try await run {
            let owner = StreamOwner(upstream, tag: 1000 + upstream.openCalls)
            let list = HeaderList()
            for (name, value) in metadata {
                name.withByteView { name in value.withByteView { list.append(name: name, value: $0) } }
            }
            owner.handle = upstream.startStream(
                replies == .framed
                    ? GRPCMethodHeaders(framedPath: "/test.Echo/\(method)", authority: "test", isSecure: false)
                    : Self.headers(method), metadata: list, replies: replies, timeoutMilliseconds: timeout,
                idleMilliseconds: idle, owner: owner, tag: owner.tag, nowMilliseconds: Self.milliseconds())
            if let request { _ = owner.send(request, isLast: true) }
            begun(owner)
            return owner
        }
    }
}

/// A message behind its prefix.
func framed(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
    let count = UInt32(message.count)
    return [flag, UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)] + message
}

/// A service that pours bytes into its streams as the windows allow, in frames of random size; one for each connection.
///
/// Calls of `Flood` get messages of 995 bytes without end, calls of a number the messages that `PouringService.messages` draws from
/// it, others one of 60 000 bytes.
final class PouringService {
    private static let flood = framed([UInt8](repeating: 5, count: 995))
    private var rests: [UInt32: ArraySlice<UInt8>] = [:]
    private var endless: Set<UInt32> = []
    private var random = ReconnectJitter(seed: 1)

    static func server() async throws -> RawServer {
        var limits = HTTP2Limits()
        limits.outputBytes = 64 << 20
        return try await RawServer(reader: { [limits] in
            let session = HTTP2Session(role: .server, limits: limits)
            let service = PouringService()
            return { channel, bytes in
                bytes.withByteView { session.receive($0) }
                while let event = session.nextEvent() { service.handle(event, session) }
                channel.writeAndFlush(ByteBuffer(bytes: [UInt8](session.output.view)), promise: nil)
                session.output.removeAll()
            }
        })
    }

    static func messages(seed: UInt64) -> [[UInt8]] {
        var random = ReconnectJitter(seed: seed &* 0x9e37_79b9_7f4a_7c15)
        return (0..<Int(random.next() % 300)).map { _ in
            let length = random.next() % 20 == 0 ? random.next() % 30_000 : random.next() % 200
            return [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: Int(length))
        }
    }

    private func handle(_ event: HTTP2Event, _ session: HTTP2Session) {
        switch event {
        case .headers(let stream, _, _, _):
            session.respond(stream, GRPCStreamTests.ok)
            let method = session.fields.first(":path").map { String($0).dropFirst("/test.Echo/".count) } ?? ""
            if method == "Flood" { endless.insert(stream) }
            if let seed = UInt64(method) {
                rests[stream] = Self.messages(seed: seed).flatMap { framed($0) }[...]
            } else {
                rests[stream] = method == "Flood" ? [] : framed([UInt8](repeating: 6, count: 60_000))[...]
            }
            pour(stream, session)
        case .data(let stream, _, let bytes, _): session.consumed(stream, bytes.count)
        case .streamReset(let stream, _, _, _): rests[stream] = nil
        case .windowAvailable: for stream in rests.keys { pour(stream, session) }
        default: break
        }
    }

    private func pour(_ stream: UInt32, _ session: HTTP2Session) {
        while var rest = rests[stream] {
            if rest.isEmpty {
                guard endless.contains(stream) else {
                    rests[stream] = nil
                    return session.respond(stream, GRPCStreamTests.end, end: true)
                }
                rest = Self.flood[...]
            }
            let portion = rest.prefix(1 + Int(random.next() % 2000))
            let sent = Array(portion).withByteView { session.sendData(stream, $0, endStream: false) }
            rests[stream] = rest.dropFirst(sent)
            if sent < portion.count { return }
        }
    }
}
