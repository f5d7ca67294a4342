import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The operators' listener: metrics, health and the state of the gateway as JSON. Bound to loopback unless configured otherwise.
public struct AdminServer: Sendable {
    /// An answer with its status and media type.
    public struct Answer: Sendable {
        public let status: Int
        public let contentType: String
        public let body: [UInt8]

        public init(status: Int = 200, contentType: String = "application/json", body: [UInt8]) {
            self.status = status
            self.contentType = contentType
            self.body = body
        }
    }

    /// A resource of the listener: a path and what answers it.
    public struct Resource: Sendable {
        public let path: String
        /// What it is for, shown in the index.
        public let summary: String
        public let answer: @Sendable (_ query: [String: String]) async -> Answer

        public init(path: String, summary: String, answer: @escaping @Sendable (_ query: [String: String]) async -> Answer) {
            self.path = path
            self.summary = summary
            self.answer = answer
        }
    }

    /// Something that is asked with a body: `POST` with JSON, which no page of another origin can send unasked.
    public struct Action: Sendable {
        public let path: String
        public let summary: String
        public let maximumBytes: Int
        public let answer: @Sendable (_ body: [UInt8]) async -> Answer

        public init(
            path: String, summary: String, maximumBytes: Int, answer: @escaping @Sendable (_ body: [UInt8]) async -> Answer
        ) {
            self.path = path
            self.summary = summary
            self.maximumBytes = maximumBytes
            self.answer = answer
        }
    }

    private let host: String
    private let port: Int
    private let resources: [Resource]
    private let actions: [Action]

    public init(host: String, port: Int, resources: [Resource], actions: [Action]) {
        self.host = host
        self.port = port
        self.resources = resources
        self.actions = actions
    }

    /// Serves until the task is cancelled. `started` is told the bound port.
    public func run(started: @escaping @Sendable (Int) async -> Void) async throws {
        // What happens here is told by its errors; the server's own chatter would only confuse.
        var logger = Logger(label: "admin")
        logger.logLevel = .critical
        let application = Application(
            router: makeRouter(),
            configuration: .init(address: .hostname(host, port: port), serverName: "septem-admin"),
            onServerRunning: { channel in await started(channel.localAddress?.port ?? 0) }, logger: logger)
        var settings = ServiceGroupConfiguration(services: [.init(service: application)], logger: logger)
        settings.maximumGracefulShutdownDuration = .seconds(2)
        let group = ServiceGroup(configuration: settings)
        // Never by cancellation: a connection that is accepted and not yet looked at would end the whole process.
        let running = Task { try await group.run() }
        try await withTaskCancellationHandler {
            try await running.value
        } onCancel: {
            Task { await group.triggerGracefulShutdown() }
        }
    }

    private func makeRouter() -> Router<BasicRequestContext> {
        let router = Router()
        for resource in resources {
            router.get(RouterPath(resource.path)) { request, _ in
                let query = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
                return Self.response(await resource.answer(Dictionary(query) { first, _ in first }))
            }
        }
        for action in actions {
            router.post(RouterPath(action.path)) { request, _ in
                let type = request.headers[.contentType]?.split(separator: ";").first.map { $0.lowercased() }
                guard type?.trimmingCharacters(in: .whitespaces) == "application/json" else {
                    return Self.response(
                        Answer(status: 415, contentType: "text/plain", body: Array("send application/json\n".utf8)))
                }
                do {
                    let body = try await request.body.collect(upTo: action.maximumBytes)
                    return Self.response(await action.answer(Array(body.readableBytesView)))
                } catch is NIOTooManyBytesError {
                    return Self.response(Answer(status: 413, contentType: "text/plain", body: Array("too large\n".utf8)))
                }
            }
        }
        let index = Self.index(resources, actions)
        router.get("/") { _, _ in Self.response(index) }
        return router
    }

    private static func index(_ resources: [Resource], _ actions: [Action]) -> Answer {
        let lines =
            resources.map { "\($0.path)\t\($0.summary)\n" }.joined()
            + actions.map { "POST \($0.path)\t\($0.summary)\n" }.joined()
        return Answer(contentType: "text/plain; charset=utf-8", body: Array(lines.utf8))
    }

    private static func response(_ answer: Answer) -> Response {
        Response(
            status: .init(code: answer.status),
            headers: [.contentType: answer.contentType, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}
