import AsyncHTTPClient
import Foundation
public import GatewayCore
import NIOCore
import NIOHTTP1
import TrustedHTTP

/// Asks an S3 store for the head of a bucket, signed.
public final class S3Probe: ComponentProbe {
    private let component: PlatformConfiguration.Component
    private let password: @Sendable () -> String?
    private let client: TrustedClient

    /// - Parameter password: reads it anew, so that a new one is used with the next connection.
    public init(_ component: PlatformConfiguration.Component, password: @escaping @Sendable () -> String?) throws {
        self.component = component
        self.password = password
        client = try TrustedClient(trusting: component.tls?.certificateAuthorityFile)
    }

    public func ask(within timeout: Duration) async -> ProbeAnswer {
        let address = component.address
        let name = address.host.contains(":") ? "[\(address.host)]" : address.host
        let host = "\(name):\(address.port)"
        let path = "/\(S3Signature.encode(component.database ?? ""))"
        guard let user = component.user, let secret = password() else {
            return .failed("cannot read the secret key in \(component.passwordFile ?? "")")
        }
        let signature = S3Signature(accessKey: user, secretKey: secret, region: component.region ?? "us-east-1")
        var request = HTTPClientRequest(url: "\(component.tls == nil ? "http" : "https")://\(host)\(path)")
        request.method = .HEAD
        request.headers.add(name: "host", value: host)
        let date = S3Signature.date(Int64(Date().timeIntervalSince1970))
        for field in signature.fields(method: "HEAD", path: path, host: host, date: date) {
            request.headers.add(name: field.0, value: field.1)
        }
        request.headers.add(name: "connection", value: "close")
        do {
            let limit = TimeAmount.nanoseconds(Int64(timeout / .nanoseconds(1)))
            let status = try await client.with { try await $0.execute(request, timeout: limit).status.code }
            switch status {
            case 200: return .well
            case 403: return .failed("the store does not accept the key")
            case 404: return .failed("there is no such bucket")
            default: return .failed("answered \(status)")
            }
        } catch {
            switch HTTPFailure(error) {
            case .silence: return .silent
            case .fault(let text): return .failed(text)
            }
        }
    }
}
