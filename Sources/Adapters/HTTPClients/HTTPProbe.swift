public import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Asks a component whether it is well: one GET, of whose answer the status matters.
public struct HTTPProbe: Sendable {
    /// Why there is no status.
    public enum Fault: Error, Sendable {
        case timeout
        case unreachable
    }

    private let client: HTTPClient

    public init(client: HTTPClient) { self.client = client }

    /// The status of the answer.
    ///
    /// - Parameter timeout: For connection and head of the answer together.
    public func status(host: String, port: Int, path: String, timeout: Duration) async throws(Fault) -> Int {
        let name = host.contains(":") ? "[\(host)]" : host
        var request = HTTPClientRequest(url: "http://\(name):\(port)\(path)")
        // Probes are seconds apart: no connection is worth keeping.
        request.headers.add(name: "connection", value: "close")
        do {
            let limit = TimeAmount.nanoseconds(Int64(timeout / .nanoseconds(1)))
            return Int(try await client.execute(request, timeout: limit).status.code)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            throw .timeout
        } catch {
            throw .unreachable
        }
    }
}
