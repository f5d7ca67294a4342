public import GatewayCore
import NIOCore
import NIOPosix
import NIOSSL

/// Logs in at a RabbitMQ server, and leaves again.
public struct RabbitMQProbe: ComponentProbe {
    private let component: PlatformConfiguration.Component
    private let password: @Sendable () -> String?
    private let tls: NIOSSLContext?

    /// - Parameter password: reads it anew, so that a new one is used with the next connection.
    public init(_ component: PlatformConfiguration.Component, password: @escaping @Sendable () -> String?) throws {
        self.component = component
        self.password = password
        tls = try component.tls.map { tls in
            var configuration = TLSConfiguration.makeClientConfiguration()
            if let file = tls.certificateAuthorityFile { configuration.trustRoots = .file(file) }
            return try NIOSSLContext(configuration: configuration)
        }
    }

    public func ask(within timeout: Duration) async -> ProbeAnswer {
        let limit = TimeAmount.nanoseconds(Int64(timeout / .nanoseconds(1)))
        let handshake = AMQPHandshake(
            user: component.user ?? "guest", password: password() ?? "guest", virtualHost: component.database ?? "/")
        let address = component.address
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: ProbeAnswer.self)
        let tls = tls
        do {
            let channel = try await ClientBootstrap(group: loop).connectTimeout(limit)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let tls {
                            let isName = (try? SocketAddress(ipAddress: address.host, port: 0)) == nil
                            try channel.pipeline.syncOperations.addHandler(
                                try NIOSSLClientHandler(context: tls, serverHostname: isName ? address.host : nil))
                        }
                        try channel.pipeline.syncOperations.addHandler(HandshakeHandler(handshake, answer))
                    }
                }
                .connect(host: address.host, port: address.port).get()
            let patience = loop.scheduleTask(in: limit) { answer.succeed(.silent) }
            let outcome = try await answer.futureResult.get()
            patience.cancel()
            try? await channel.close()
            return outcome
        } catch {
            // Nobody waits any more.
            answer.succeed(.silent)
            if case ChannelError.connectTimeout = error { return .silent }
            return .failed("\(error)".contains("refused") ? "connection refused" : String("\(error)".prefix(200)))
        }
    }
}

/// Carries a handshake's bytes. Confined to its channel's loop.
private final class HandshakeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var handshake: AMQPHandshake
    private let answer: EventLoopPromise<ProbeAnswer>

    init(_ handshake: AMQPHandshake, _ answer: EventLoopPromise<ProbeAnswer>) {
        (self.handshake, self.answer) = (handshake, answer)
    }

    func channelActive(context: ChannelHandlerContext) {
        say(AMQPHandshake.header, context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Array(unwrapInboundIn(data).readableBytesView)
        while true {
            switch handshake.receive(bytes) {
            case .wait: return
            case .send(let words): say(words, context)
            case .opened(let words):
                say(words, context)
                return answer.succeed(.well)
            case .failed(let reason): return answer.succeed(.failed(reason))
            }
            bytes = []
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // RabbitMQ ends a connection without a word when name and password are wrong.
        answer.succeed(.failed("the server ended the connection while logging in"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.succeed(.failed(String("\(error)".prefix(200))))
        context.close(promise: nil)
    }

    private func say(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}
