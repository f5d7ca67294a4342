import NIOCore
import NIOPosix

/// An HTTP server on a free port that answers each path with exactly the bytes the test gives.
final class TestServer: Sendable {
    /// Bytes to send, and whether the connection stays open afterwards.
    struct Answer: Sendable {
        let text: String
        let staysOpen: Bool

        init(_ text: String, staysOpen: Bool = false) {
            self.text = text
            self.staysOpen = staysOpen
        }

        static func ok(_ body: String, type: String? = "application/json") -> Answer {
            Answer(
                "HTTP/1.1 200 OK\r\ncontent-length: \(body.utf8.count)\r\n\(type.map { "content-type: \($0)\r\n" } ?? "")"
                    + "connection: close\r\n\r\n\(body)")
        }
    }

    private let channel: any Channel

    init(_ answers: [String: Answer]) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(answers))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func url(_ path: String) -> String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)\(path)" }

    func stop() async throws { try await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answers: [String: Answer]
        private var head = ""

        init(_ answers: [String: Answer]) { self.answers = answers }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            head += String(buffer: unwrapInboundIn(data))
            guard head.hasSuffix("\r\n\r\n") else { return }
            let path = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            head = ""
            let answer = answers[path] ?? Answer("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            let channel = context.channel
            let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer.text)))
            if !answer.staysOpen { written.whenComplete { _ in channel.close(promise: nil) } }
        }
    }
}
