import Bytes
import NIOCore
import NIOPosix
import RESP

@testable import Valkey

/// What a fake server does about one command.
enum FakeAnswer {
    case bytes(String)
    /// Several writes, each flushed on its own.
    case pieces([String])
    case silence
    case close
}

/// A server that says what a test tells it to say, whatever the protocol thinks of that.
final class FakeServer: @unchecked Sendable {
    typealias Script = @Sendable (_ command: [String], _ connection: Int) -> FakeAnswer

    static let hello = hello(mode: "standalone", role: "master")

    static func hello(mode: String, role: String) -> String {
        "%5\r\n+server\r\n+valkey\r\n+version\r\n+9.9.9\r\n+proto\r\n:3\r\n+mode\r\n+\(mode)\r\n+role\r\n+\(role)\r\n"
    }

    let port: Int
    private let channel: any Channel
    /// Touched on the one loop of all connections.
    private var connections = 0
    private var commands: [String] = []
    private var open: [any Channel] = []

    /// Every command goes to `script`; HELLO is answered well when it answers nil.
    init(_ script: @escaping @Sendable (_ command: [String], _ connection: Int) -> FakeAnswer?) async throws {
        let loop = ValkeyTestRig.group.next()
        let box = Box()
        channel = try await ServerBootstrap(group: loop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let server = box.server else { return }
                    server.connections += 1
                    server.open.append(channel)
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(server: server, connection: server.connections, script: script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
        box.server = self
    }

    func heard() async throws -> [String] { try await channel.eventLoop.submit { self.commands }.get() }

    func accepted() async throws -> Int { try await channel.eventLoop.submit { self.connections }.get() }

    /// Says something unasked on every connection.
    func push(_ text: String) {
        channel.eventLoop.execute {
            for channel in self.open { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
        }
    }

    func stop() async throws {
        try await channel.close()
        try await channel.eventLoop.submit { for channel in self.open { channel.close(promise: nil) } }.get()
    }

    private final class Box: @unchecked Sendable { weak var server: FakeServer? }

    private final class Handler: ChannelInboundHandler, @unchecked Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        let server: FakeServer
        let connection: Int
        let script: @Sendable ([String], Int) -> FakeAnswer?
        let parser = RESPParser()
        let held = ByteWriter()

        init(server: FakeServer, connection: Int, script: @escaping @Sendable ([String], Int) -> FakeAnswer?) {
            self.server = server
            self.connection = connection
            self.script = script
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            unwrapInboundIn(data).withUnsafeReadableBytes { held.append(ByteView($0)) }
            while case .complete(let length) = parser.parse(held.view), let value = parser.value(in: held.view) {
                let command = value.children.map(describe)
                held.removeFirst(length)
                server.commands.append(command.joined(separator: " "))
                answer(command, context)
            }
        }

        private func answer(_ command: [String], _ context: ChannelHandlerContext) {
            switch script(command, connection) {
            case .bytes(let text): write(text, context)
            case .pieces(let texts): for text in texts { write(text, context) }
            case .silence: break
            case .close: context.close(promise: nil)
            case nil: write(command[0] == "HELLO" ? FakeServer.hello : "+OK\r\n", context)
            }
        }

        private func write(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
