public import AsyncHTTPClient
import Foundation
public import NIOCore
import NIOSSL
import Synchronization

/// An HTTP client that trusts the roots which a file holds now: a new file counts from the next request on.
///
/// A file that is missing or holds no certificates changes nothing. Redirects are not followed, nothing is decompressed.
public final class TrustedClient: Sendable {
    /// A client that ends with the last request that uses it.
    private final class Owned: Sendable {
        let client: HTTPClient

        init(_ configuration: HTTPClient.Configuration) {
            client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        }

        deinit { client.shutdown { _ in } }
    }

    private struct State {
        var roots: Data?
        var owned: Owned
    }

    private let file: String?
    private let connectTimeout: TimeAmount?
    private let state: Mutex<State>

    /// - Parameters:
    ///   - file: PEM file of trusted roots, nil for the system's.
    ///   - connectTimeout: nil for the library's 10 s; a request's own time ends an attempt as well.
    public init(trusting file: String?, connectTimeout: TimeAmount? = nil) throws {
        self.file = file
        self.connectTimeout = connectTimeout
        let roots = try file.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        state = Mutex(State(roots: roots, owned: Owned(try Self.configuration(roots, connectTimeout))))
    }

    /// Calls `body` with a client that lives at least as long.
    public func with<Value>(_ body: (HTTPClient) throws -> Value) rethrows -> Value {
        let owned = current()
        return try withExtendedLifetime(owned) { try body(owned.client) }
    }

    /// Calls `body` with a client that lives at least as long: what a request answers is read within.
    public func with<Value>(_ body: (HTTPClient) async throws -> Value) async rethrows -> Value {
        let owned = current()
        defer { withExtendedLifetime(owned) {} }
        return try await body(owned.client)
    }

    private func current() -> Owned {
        state.withLock { state in
            guard let file, let roots = try? Data(contentsOf: URL(fileURLWithPath: file)), roots != state.roots,
                let configuration = try? Self.configuration(roots, connectTimeout)
            else { return state.owned }
            state = State(roots: roots, owned: Owned(configuration))
            return state.owned
        }
    }

    private static func configuration(_ roots: Data?, _ connectTimeout: TimeAmount?) throws -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let roots { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(roots))) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: connectTimeout), decompression: .disabled)
        // Who refuses a connection has answered; to try on until the time is over would only hide it.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }
}

/// Why a request has no answer.
public enum HTTPFailure: Sendable, Hashable {
    /// Nobody answered in time.
    case silence
    /// In a few words for an operator.
    case fault(String)

    /// Longest text of another library that is repeated.
    private static let longest = 200

    public init(_ error: any Error) {
        switch error as? HTTPClientError {
        case .some(.deadlineExceeded), .some(.connectTimeout), .some(.readTimeout): self = .silence
        case .some(.remoteConnectionClosed): self = .fault("the server closed the connection")
        default:
            let text = "\(error)"
            self = .fault(text.contains("refused") ? "connection refused" : String(text.prefix(Self.longest)))
        }
    }

    /// As part of a sentence.
    public var text: String {
        switch self {
        case .silence: "no answer in time"
        case .fault(let text): text
        }
    }
}
