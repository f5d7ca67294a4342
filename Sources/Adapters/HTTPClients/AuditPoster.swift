import AsyncHTTPClient
import Bytes
import Foundation
public import GatewayCore
import NIOCore
import NIOHTTP1
import NIOSSL

/// Posts batches of records as `{"records":[...]}` to a service that answers with 2xx once it has them for good.
public final class AuditPoster: AuditSink {
    private let url: String
    private let tokenFile: String?
    private let client: HTTPClient

    /// - Parameters:
    ///   - url: what is posted to.
    ///   - tokenFile: holds a token for `Authorization: Bearer`, read for each batch, so that a new one is used at once.
    ///   - certificateAuthorityFile: PEM file of trusted roots, nil for the system's.
    public init(url: String, tokenFile: String?, certificateAuthorityFile: String?) throws {
        self.url = url
        self.tokenFile = tokenFile
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file = certificateAuthorityFile { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file)) }
        client = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: HTTPClient.Configuration(
                tlsConfiguration: tls, redirectConfiguration: .disallow,
                timeout: HTTPClient.Configuration.Timeout(connect: .seconds(2)), decompression: .disabled))
    }

    public func deliver(_ batch: AuditBatch, _ range: Range<Int>, within timeout: Duration) -> AuditDelivery {
        do {
            let request = try HTTPClient.Request(
                url: url, method: .POST, headers: headers(), body: .byteBuffer(body(batch, range)))
            let deadline = NIODeadline.now() + .nanoseconds(Int64(timeout / .nanoseconds(1)))
            let status = try client.execute(request: request, deadline: deadline).wait().status
            switch status.code {
            case 200..<300: return .delivered
            // Too much at once, or something in it that the service will not have: smaller parts show which.
            case 400, 413, 422: return .refused("the service answered \(status.code)")
            default: return .unavailable("the service answered \(status.code)")
            }
        } catch {
            return .unavailable("\(error)")
        }
    }

    public func close() { client.shutdown { _ in } }

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
