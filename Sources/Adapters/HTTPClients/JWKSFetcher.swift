public import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import TokenVerification

/// Fetches key sets by HTTP, off the request path.
///
/// One request ends within `timeout`, body included; the answer must be 200 and JSON within `KeySet.maximumBytes`. A redirect
/// is a fault: whoever can redirect could otherwise choose the keys.
public struct JWKSFetcher: Sendable {
    private let client: HTTPClient
    private let timeout: Duration
    private let maximumBytes: Int

    /// Long enough for a slow identity provider, short enough that a parked request still answers within its deadline.
    public static let defaultTimeout = Duration.seconds(3)

    /// A fetcher over a client that the caller made with `configuration` and shuts down itself.
    public init(client: HTTPClient, timeout: Duration = defaultTimeout, maximumBytes: Int = KeySet.maximumBytes) {
        self.client = client
        self.timeout = timeout
        self.maximumBytes = maximumBytes
    }

    /// What the client needs: no redirects, and no decompression, because nothing compressed is asked for.
    public static var configuration: HTTPClient.Configuration {
        HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: HTTPClient.Configuration.Timeout(connect: .seconds(2), read: .seconds(3)),
            decompression: .disabled)
    }

    /// The document at `url`.
    public func fetch(_ url: String) async -> Result<[UInt8], KeySourceFault> {
        // The client's own deadline ends with the response head; a body that drips would hold it for ever.
        await withTaskGroup(of: Result<[UInt8], KeySourceFault>?.self) { group in
            group.addTask { await request(url) }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? .failure(KeySourceFault(.timeout, "\(url) did not answer completely within \(timeout)"))
        }
    }

    private func request(_ url: String) async -> Result<[UInt8], KeySourceFault> {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "accept", value: "application/jwk-set+json, application/json")
        do {
            let response = try await client.execute(request, timeout: .seconds(60))
            guard response.status.code == 200 else {
                return .failure(KeySourceFault(.status, "\(url) answered \(response.status.code) instead of 200"))
            }
            if let type = response.headers.first(name: "content-type"), !Self.isAcceptable(type) {
                return .failure(KeySourceFault(.contentType, "\(url) answered a document that is not JSON"))
            }
            return .success(Array(try await response.body.collect(upTo: maximumBytes).readableBytesView))
        } catch is NIOTooManyBytesError {
            return .failure(KeySourceFault(.tooLarge, "\(url) answered more than \(maximumBytes) bytes"))
        } catch {
            return .failure(KeySourceFault(.unreachable, "\(url) cannot be fetched: \(error)"))
        }
    }

    /// JSON of any kind, or bytes of no declared kind as file stores serve them.
    private static func isAcceptable(_ type: String) -> Bool {
        let type = type.prefix { $0 != ";" }.lowercased()
        return type.contains("json") || type.contains("octet-stream") || type.hasPrefix("text/plain")
    }
}
