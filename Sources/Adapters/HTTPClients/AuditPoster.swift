import AsyncHTTPClient
import Bytes
import Foundation
public import GatewayCore
import NIOCore
import NIOHTTP1
import TrustedHTTP

/// Posts batches of records as `{"records":[...]}` to a service that answers with 2xx once it has them for good.
public final class AuditPoster: AuditSink {
    private let url: String
    private let tokenFile: String?
    private let client: TrustedClient

    /// - Parameters:
    ///   - url: what is posted to.
    ///   - tokenFile: holds a token for `Authorization: Bearer`, read for each batch, so that a new one is used at once.
    ///   - certificateAuthorityFile: PEM file of trusted roots, nil for the system's.
    public init(url: String, tokenFile: String?, certificateAuthorityFile: String?) throws {
        self.url = url
        self.tokenFile = tokenFile
        client = try TrustedClient(trusting: certificateAuthorityFile, connectTimeout: .seconds(2))
    }

    public func deliver(_ batch: AuditBatch, _ range: Range<Int>, within timeout: Duration) -> AuditDelivery {
        do {
            let request = try HTTPClient.Request(
                url: url, method: .POST, headers: headers(), body: .byteBuffer(body(batch, range)))
            let deadline = NIODeadline.now() + .nanoseconds(Int64(timeout / .nanoseconds(1)))
            let status = try client.with { try $0.execute(request: request, deadline: deadline).wait().status }
            switch status.code {
            case 200..<300: return .delivered
            // Too much at once, or something in it that the service will not have: smaller parts show which.
            case 400, 413, 422: return .refused("the service answered \(status.code)")
            default: return .unavailable("the service answered \(status.code)")
            }
        } catch {
            return .unavailable(HTTPFailure(error).text)
        }
    }

    public func close() {}

    private func headers() throws -> HTTPHeaders {
        var headers: HTTPHeaders = ["content-type": "application/json"]
        if let tokenFile {
            let token = try String(contentsOfFile: tokenFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            headers.add(name: "authorization", value: "Bearer \(token)")
        }
        return headers
    }

    private func body(_ batch: AuditBatch, _ range: Range<Int>) -> ByteBuffer {
        var body = ByteBuffer()
        body.reserveCapacity(batch.lines(range).count + 64)
        body.writeStaticString("{\"records\":[")
        for index in range {
            if index > range.lowerBound { body.writeStaticString(",") }
            batch.json(index).withUnsafeBytes { _ = body.writeBytes($0) }
        }
        body.writeStaticString("]}")
        return body
    }
}
