import AsyncHTTPClient
import Foundation
public import GatewayCore
import NIOCore
import NIOHTTP1
import TrustedHTTP

/// Asks a relay of GO Feature Flag for its flags (`POST /v1/flag/configuration`), which the gateway then evaluates itself.
public final class FlagRelay: Sendable {
    /// What the relay said.
    public enum Answer: Sendable {
        /// They are what they were.
        case unchanged
        case changed([UInt8], tag: String?)
    }

    /// Why it said nothing, in one sentence.
    public struct Fault: Error, Sendable {
        public let message: String
    }

    private let relay: PlatformConfiguration.Flags.Relay
    private let client: TrustedClient
    private let maximumBytes: Int

    /// Longest wait for an answer whole.
    private static let timeout = TimeAmount.seconds(5)

    public init(_ relay: PlatformConfiguration.Flags.Relay, maximumBytes: Int) throws {
        self.relay = relay
        self.maximumBytes = maximumBytes
        client = try TrustedClient(trusting: relay.certificateAuthorityFile)
    }

    /// - Parameter tag: of what is known already.
    public func ask(_ tag: String?) async throws(Fault) -> Answer {
        let url = relay.url
        let host = url.host.contains(":") ? "[\(url.host)]" : url.host
        let place = "\(url.isSecure ? "https" : "http")://\(host):\(url.port)"
        var request = HTTPClientRequest(url: place + "/v1/flag/configuration")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        if let tag { request.headers.add(name: "if-none-match", value: tag) }
        if let file = relay.keyFile {
            guard let key = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw Fault(message: "cannot read the relay's key in \(file)")
            }
            request.headers.add(name: "x-api-key", value: key.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        request.body = .bytes(ByteBuffer(string: "{}"))
        do {
            return try await client.with { client in
                let response = try await client.execute(request, timeout: Self.timeout)
                switch response.status.code {
                case 304: return .unchanged
                case 200:
                    let body = try await response.body.collect(upTo: maximumBytes)
                    return .changed(Array(body.readableBytesView), tag: response.headers.first(name: "etag"))
                default: throw Fault(message: "\(place) answered \(response.status.code) instead of its flags")
                }
            }
        } catch let fault as Fault {
            throw fault
        } catch is NIOTooManyBytesError {
            throw Fault(message: "\(place) answered more than \(maximumBytes) bytes")
        } catch {
            throw Fault(message: "\(place) cannot be asked: \(HTTPFailure(error).text)")
        }
    }
}
