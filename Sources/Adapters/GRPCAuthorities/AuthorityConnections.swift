import GRPC
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GatewayCore
import Synchronization

/// The connections to an authority's addresses: one to each, kept by gRPC's own client, which connects again by itself.
///
/// All calls go to one address, another one at each gateway, until a call to it fails: then that call goes on to the next.
final class AuthorityConnections: Sendable {
    typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

    /// Addresses that one call tries: with more of them dead the next calls go on where it stopped.
    static let mostAttempts = 3

    private struct Connection {
        let client: Client
        let task: Task<Void, Never>
    }

    private struct State {
        var connections: [Connection]
        var preferred: Int
        var isShutDown = false
    }

    private let settings: PlatformConfiguration.Authority
    private let limits: AuthorityLimits
    private let state: Mutex<State>

    /// Connects in the background. Throws `.configuration` when the trusted roots cannot be read.
    init(_ settings: PlatformConfiguration.Authority, limits: AuthorityLimits) throws(AuthorityFault) {
        self.settings = settings
        self.limits = limits
        guard !settings.addresses.isEmpty else { throw AuthorityFault(.configuration, "it has no address") }
        let connections = try Self.connect(settings)
        state = Mutex(State(connections: connections, preferred: Int.random(in: 0..<connections.count)))
    }

    private static func connect(_ settings: PlatformConfiguration.Authority) throws(AuthorityFault) -> [Connection] {
        do {
            // All transports first: a task that runs for nobody would be left otherwise.
            let clients = try settings.addresses.map { address in
                Client(
                    transport: try HTTP2ClientTransport.Posix(address, tls: settings.tls) { configuration in
                        // gRPC's two minutes are made for servers without number: an authority that is back must be found
                        // within seconds.
                        configuration.backoff = .init(
                            initial: .milliseconds(200), max: .seconds(5), multiplier: 1.6, jitter: 0.2)
                    })
            }
            return clients.map { client in
                // Ends without an error: whatever happens to a connection, the calls on it tell.
                Connection(client: client, task: Task { try? await client.runConnections() })
            }
        } catch {
            let roots = settings.tls?.certificateAuthorityFile.map { ", trusted roots \($0)" } ?? ""
            throw AuthorityFault(.configuration, "no connection can be set up\(roots): \(error)")
        }
    }

    /// Makes one call, at the next addresses if it fails on the way. Each address gets its share of the time that is left.
    func call<Answer: Sendable>(
        until deadline: ContinuousClock.Instant, _ body: (Client, CallOptions) async throws -> Answer
    ) async throws(AuthorityFault) -> Answer {
        let (first, count) = state.withLock { ($0.preferred, $0.connections.count) }
        let attempts = min(count, Self.mostAttempts)
        var faults: [String] = []
        var code = AuthorityFault.Code.timeout
        for attempt in 0..<attempts {
            let index = (first + attempt) % count
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else {
                faults.append("the time was up")
                code = .timeout
                break
            }
            guard let client = state.withLock({ $0.isShutDown ? nil : $0.connections[index].client }) else { throw .closed }
            do {
                let answer = try await body(client, options(left / (attempts - attempt)))
                state.withLock { $0.preferred = index }
                return answer
            } catch {
                let fault = Self.fault(error, settings.addresses[index])
                guard fault.isOfTransport else { throw fault }
                faults.append(fault.message)
                code = fault.code
                state.withLock { $0.preferred = (index + 1) % count }
            }
        }
        throw AuthorityFault(code, faults.joined(separator: "; "))
    }

    /// Puts new connections in the place of the old ones: one whose other end has gone without a word looks as good as any.
    func renew() {
        guard let fresh = try? Self.connect(settings) else { return }
        let old = state.withLock { state in
            if state.isShutDown { return fresh }
            defer { state.connections = fresh }
            return state.connections
        }
        for connection in old { connection.task.cancel() }
    }

    /// Closes everything, calls under way included.
    func shutdown() async {
        let connections = state.withLock { state in
            state.isShutDown = true
            return state.connections
        }
        for connection in connections { connection.task.cancel() }
        for connection in connections { await connection.task.value }
    }

    private func options(_ timeout: Duration) -> CallOptions {
        var options = CallOptions.defaults
        options.timeout = timeout
        // Whoever asks has a deadline of its own: better the next address than to wait until this one is reached.
        options.waitForReady = false
        // The transport takes the first for both directions.
        options.maxRequestMessageBytes = limits.bytes
        options.maxResponseMessageBytes = limits.bytes
        return options
    }
}

extension AuthorityConnections {
    static func fault(_ error: any Error, _ address: Service.Address) -> AuthorityFault {
        func fault(_ code: AuthorityFault.Code, _ message: String) -> AuthorityFault {
            AuthorityFault(code, "\(address.text): \(message)")
        }
        switch error {
        case let error as AuthorityFault: return fault(error.code, error.message)
        case let error as RPCError:
            // A peer's words, cut to what a log line bears.
            let message = String(error.message.prefix(200))
            switch error.code {
            case .unavailable, .cancelled, .aborted: return fault(.unavailable, message)
            case .deadlineExceeded: return fault(.timeout, "no answer in time")
            default: return fault(.refused, "\(message) (\(error.code))")
            }
        default: return fault(.unavailable, "\(error)")
        }
    }
}
