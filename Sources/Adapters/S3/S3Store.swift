import AsyncHTTPClient
import Crypto
import Foundation
public import GatewayCore
import NIOCore
import NIOHTTP1
import TrustedHTTP

/// Deprecated versions in a bucket of a store that speaks S3.
public final class S3Store: VersionStore {
    public let place: String
    private let store: PlatformConfiguration.Versions.S3
    private let credentials: @Sendable () -> S3Credentials?
    private let client: TrustedClient

    /// Longest wait for an answer whole.
    private static let timeout = TimeAmount.seconds(10)
    /// Bytes of an answer that says why something was refused.
    private static let faultBytes = 64 << 10
    /// Tries while others write the same object: the store then cannot say yet who was first.
    private static let tries = 5

    /// - Parameter credentials: reads them anew, so that new ones are used with the next request.
    public init(
        _ store: PlatformConfiguration.Versions.S3, credentials: @escaping @Sendable () -> S3Credentials?
    ) throws {
        self.store = store
        self.credentials = credentials
        place = "s3://\(store.bucket)"
        client = try TrustedClient(trusting: store.certificateAuthorityFile)
    }

    public func read(_ name: String, maximumBytes: Int) async throws(VersionFault) -> [UInt8]? {
        let answer = try await send(.GET, name, maximumBytes: maximumBytes)
        switch answer.status {
        case 200: return answer.body
        // Only a missing object is no object; a missing bucket is a fault.
        case 404 where !answer.says("NoSuchBucket"): return nil
        default: throw fault(answer, "read", name)
        }
    }

    public func create(_ name: String, _ bytes: [UInt8]) async throws(VersionFault) -> Bool {
        // A store that does not know conditions would overwrite: what can be seen to be there is never put.
        if try await send(.HEAD, name, maximumBytes: Self.faultBytes).status == 200 { return false }
        for attempt in 1... {
            let answer = try await send(.PUT, name, bytes, further: [("if-none-match", "*")], maximumBytes: Self.faultBytes)
            switch answer.status {
            case 200, 201, 204: return true
            case 412: return false
            case 409 where attempt < Self.tries: try? await Task.sleep(for: .milliseconds(100 * attempt))
            default: throw fault(answer, "created", name)
            }
        }
        return false
    }

    public func replace(_ name: String, _ bytes: [UInt8]) async throws(VersionFault) {
        let answer = try await send(.PUT, name, bytes, maximumBytes: Self.faultBytes)
        guard (200...204).contains(answer.status) else { throw fault(answer, "replaced", name) }
    }

    // MARK: Requests

    private struct Answer {
        let status: Int
        let body: [UInt8]

        /// Whether the store's XML names this code.
        func says(_ code: String) -> Bool { String(decoding: body, as: UTF8.self).contains("<Code>\(code)</Code>") }
    }

    private func send(
        _ method: HTTPMethod, _ name: String, _ body: [UInt8] = [], further: [(String, String)] = [], maximumBytes: Int
    ) async throws(VersionFault) -> Answer {
        guard let credentials = credentials() else { throw VersionFault("there are no credentials for \(place)") }
        let url = store.url
        let name = name.split(separator: "/").map { S3Signature.encode(String($0)) }.joined(separator: "/")
        let plain = url.host.contains(":") ? "[\(url.host)]" : url.host
        let authority = url.port == (url.isSecure ? 443 : 80) ? plain : "\(plain):\(url.port)"
        let host = store.isBucketInHost ? "\(store.bucket).\(authority)" : authority
        let path = store.isBucketInHost ? "/\(name)" : "/\(store.bucket)/\(name)"
        let signature = S3Signature(
            accessKey: credentials.accessKey, secretKey: credentials.secretKey, sessionToken: credentials.sessionToken,
            region: store.region)
        var request = HTTPClientRequest(url: "\(url.isSecure ? "https" : "http")://\(host)\(path)")
        request.method = method
        let fields = signature.fields(
            method: method.rawValue, path: path, host: host, date: S3Signature.date(Int64(Date().timeIntervalSince1970)),
            bodyHash: body.isEmpty ? S3Signature.emptyBody : S3Signature.hex(SHA256.hash(data: body)), further: further)
        request.headers.add(name: "host", value: host)
        for field in fields { request.headers.add(name: field.0, value: field.1) }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            return try await client.with { client in
                let response = try await client.execute(request, timeout: Self.timeout)
                let collected = try await response.body.collect(upTo: response.status == .ok ? maximumBytes : Self.faultBytes)
                return Answer(status: Int(response.status.code), body: Array(collected.readableBytesView))
            }
        } catch is NIOTooManyBytesError {
            throw VersionFault("\(place)/\(name) is larger than \(maximumBytes) bytes")
        } catch {
            throw VersionFault("\(place) at \(authority) cannot be asked: \(HTTPFailure(error).text)")
        }
    }

    private func fault(_ answer: Answer, _ what: String, _ name: String) -> VersionFault {
        let reason =
            switch answer.status {
            case 403: "the store does not accept the key"
            case 404: "there is no such bucket"
            case 501: "the store does not create conditionally"
            default: "it answered \(answer.status)"
            }
        return VersionFault("\(place)/\(name) cannot be \(what): \(reason)")
    }
}

/// Who asks an S3 store.
public struct S3Credentials: Sendable {
    public var accessKey: String
    public var secretKey: String
    /// Of credentials that end by themselves.
    public var sessionToken: String?

    public init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }
}
