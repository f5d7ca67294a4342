import Bytes
import CircuitBreaking
import Foundation
import HTTP2
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import DataPlane

/// What a test sees of a finished call.
struct CallRecord: Sendable {
    var code = -1
    var message: [UInt8]?
    var text = ""
    var details: [UInt8] = []
    var origin = GRPCOutcome.Origin.cancelled
    var neverSent = false
    var pushback: Int?
    var initial: [String: String] = [:]
}

/// An owner that fulfils a promise, and fails the test when it is told twice.
final class RecordingOwner: GRPCCallOwner {
    private let promise: EventLoopPromise<CallRecord>
    private var record = CallRecord()
    private var isDone = false
    private let expectedTag: Int
    var whenFinished: () -> Void = {}

    init(_ promise: EventLoopPromise<CallRecord>, tag: Int) {
        self.promise = promise
        expectedTag = tag
    }

    override func grpcInitialMetadata(_ fields: HeaderList, tag: Int) {
        for index in 0..<fields.count { record.initial[String(fields.name(index))] = String(fields.value(index)) }
    }

    override func grpcMessage(_ message: ByteView, tag: Int) {
        #expect(record.message == nil && !isDone)
        record.message = [UInt8](message)
    }

    override func grpcFinished(_ outcome: GRPCOutcome, tag: Int) {
        #expect(!isDone && tag == expectedTag && (outcome.code == 0) == (record.message != nil))
        isDone = true
        record.code = outcome.code
        record.text = String(outcome.message)
        record.details = [UInt8](outcome.details)
        record.origin = outcome.origin
        record.neverSent = outcome.neverSent
        record.pushback = outcome.pushback.milliseconds
        promise.succeed(record)
        whenFinished()
    }
}

/// An upstream on a loop of its own, ticked by the real clock; methods may be called from any thread.
final class GRPCTestRig: @unchecked Sendable {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop: any EventLoop
    let upstream: GRPCUpstream
    private var tags = 0

    static func milliseconds() -> Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    init(
        ports: [Int], limits: GRPCUpstreamLimits = GRPCUpstreamLimits(), security: GRPCTransportSecurity? = nil,
        ticks: Bool = true
    ) {
        loop = group.next()
        upstream = GRPCUpstream(
            loop: loop, service: "test", addresses: ports.map { GRPCAddress(host: "127.0.0.1", port: $0) }, security: security,
            limits: limits, seed: 1, nowMilliseconds: Self.milliseconds())
        let upstream = upstream
        loop.execute { upstream.connect() }
        if ticks {
            loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(10)) { _ in
                upstream.tick(nowMilliseconds: Self.milliseconds())
            }
        }
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await loop.submit(body).get()
    }

    /// Starts a call on the loop, at `now` or when it comes to that; the future is its end.
    func begin(
        _ method: String, _ message: [UInt8] = [], timeout: Int = 20_000, metadata: [(String, String)] = [], at now: Int64? = nil,
        whenFinished: @escaping @Sendable () -> Void = {}
    ) -> EventLoopFuture<CallRecord> {
        let promise = loop.makePromise(of: CallRecord.self)
        loop.execute {
            self.tags += 1
            let owner = RecordingOwner(promise, tag: self.tags)
            owner.whenFinished = whenFinished
            let list = HeaderList()
            for (name, value) in metadata {
                name.withByteView { name in
                    value.withByteView { list.append(name: name, value: $0, sensitive: name == "authorization") }
                }
            }
            _ = message.withByteView { bytes in
                self.upstream.start(
                    Self.headers(method), metadata: list, message: bytes, timeoutMilliseconds: timeout, owner: owner,
                    tag: self.tags, nowMilliseconds: now ?? Self.milliseconds())
            }
        }
        return promise.futureResult
    }

    func call(
        _ method: String, _ message: [UInt8] = [], timeout: Int = 20_000, metadata: [(String, String)] = []
    ) async throws -> CallRecord {
        try await begin(method, message, timeout: timeout, metadata: metadata).get()
    }

    static func headers(_ method: String) -> GRPCMethodHeaders {
        GRPCMethodHeaders(path: "/test.Echo/\(method)", authority: "test", isSecure: false, userAgent: "test")
    }

    /// Waits until `condition`, looked at on the loop, holds; fails after ten seconds.
    func wait(_ what: Comment, until condition: @escaping @Sendable () -> Bool) async throws {
        let done = loop.makePromise(of: Bool.self)
        let deadline = NIODeadline.now() + .seconds(10)
        loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(5)) { task in
            let holds = condition()
            guard holds || NIODeadline.now() > deadline else { return }
            task.cancel()
            done.succeed(holds)
        }
        #expect(try await done.futureResult.get(), what)
    }

    func close() async throws {
        try await run { self.upstream.abort() }
        try await group.shutdownGracefully()
    }
}

/// A server of raw connections on a free port; `greet` runs when one opens, `read` for all that it sends.
final class RawServer: @unchecked Sendable {
    private let channel: any Channel
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var port: Int { channel.localAddress?.port ?? 0 }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let greet: @Sendable (any Channel) -> Void
        let read: (any Channel, [UInt8]) -> Void

        init(greet: @escaping @Sendable (any Channel) -> Void, read: @escaping (any Channel, [UInt8]) -> Void) {
            self.greet = greet
            self.read = read
        }

        func channelActive(context: ChannelHandlerContext) { greet(context.channel) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            read(context.channel, Array(unwrapInboundIn(data).readableBytesView))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    init(
        port: Int = 0, greet: @escaping @Sendable (any Channel) -> Void = { _ in },
        reader: @escaping @Sendable () -> ((any Channel, [UInt8]) -> Void) = { { _, _ in } }
    ) async throws {
        channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(greet: greet, read: reader()))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
    }

    /// A server that speaks HTTP/2 well and answers each finished request as `answer` says.
    static func http2(
        limits: HTTP2Limits = HTTP2Limits(), answer: @escaping @Sendable (HTTP2Session, UInt32, any Channel) -> Void
    ) async throws -> RawServer {
        try await RawServer(reader: {
            let session = HTTP2Session(role: .server, limits: limits)
            return { channel, bytes in
                bytes.withByteView { session.receive($0) }
                while let event = session.nextEvent() {
                    switch event {
                    case .headers(let stream, _, _, true): answer(session, stream, channel)
                    case .data(let stream, _, let data, let end):
                        session.consumed(stream, data.count)
                        if end { answer(session, stream, channel) }
                    default: break
                    }
                }
                channel.writeAndFlush(ByteBuffer(bytes: [UInt8](session.output.view)), promise: nil)
                session.output.removeAll()
            }
        })
    }

    func close() async throws {
        try await channel.close()
        try await group.shutdownGracefully()
    }
}

extension HTTP2Session {
    func respond(_ stream: UInt32, _ fields: [(String, String)], end: Bool = false) {
        let list = HeaderList()
        for (name, value) in fields {
            name.withByteView { name in value.withByteView { list.append(name: name, value: $0) } }
        }
        _ = sendHeaders(stream, list: list, endStream: end)
    }

    func respond(_ stream: UInt32, data: [UInt8], end: Bool = false) {
        _ = data.withByteView { sendData(stream, $0, endStream: end) }
    }
}

extension PythonPeer {
    /// The grpcio server of `oracle_server.py`.
    static func oracle(_ arguments: [String] = []) async throws -> PythonPeer {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return try await start(folder.appendingPathComponent("oracle_server.py"), arguments)
    }
}

extension RetryPushback {
    /// Milliseconds to wait; -1 for none at all, nil when the service said nothing.
    var milliseconds: Int? {
        switch self {
        case .none: nil
        case .after(let milliseconds): Int(milliseconds)
        case .never: -1
        }
    }
}
