import AsyncHTTPClient
import Foundation
public import GatewayCore
import NIOCore
import NIOHTTP1
import TrustedHTTP

/// Asks a component whether it is well: one GET of its path, answered with status 200; of the answer the head is enough.
///
/// Credentials are Basic (RFC 7617) with a user, a Bearer token (RFC 6750) without one.
public final class HTTPProbe: ComponentProbe {
    private let component: PlatformConfiguration.Component
    private let password: @Sendable () -> String?
    private let client: TrustedClient

    /// - Parameter password: reads it anew, so that a new one is used with the next question.
    public init(_ component: PlatformConfiguration.Component, password: @escaping @Sendable () -> String?) throws {
        self.component = component
        self.password = password
        client = try TrustedClient(trusting: component.tls?.certificateAuthorityFile)
    }

    public func ask(within timeout: Duration) async -> ProbeAnswer {
        let address = component.address
        let name = address.host.contains(":") ? "[\(address.host)]" : address.host
        let scheme = component.tls == nil ? "http" : "https"
        var request = HTTPClientRequest(url: "\(scheme)://\(name):\(address.port)\(component.path)")
        // Probes are seconds apart: no connection is worth keeping.
        request.headers.add(name: "connection", value: "close")
        switch authorization() {
        case .failure(let fault): return .failed(fault.text)
        case .success(let value?): request.headers.add(name: "authorization", value: value)
        case .success(nil): break
        }
        do {
            let limit = TimeAmount.nanoseconds(Int64(timeout / .nanoseconds(1)))
            let status = try await client.with { try await $0.execute(request, timeout: limit).status.code }
            switch status {
            case 200: return .well
            case 401, 403: return .failed("answered \(status): it does not accept the credentials")
            default: return .failed("answered \(status)")
            }
        } catch {
            switch HTTPFailure(error) {
            case .silence: return .silent
            case .fault(let text): return .failed(text)
            }
        }
    }

    private struct Unreadable: Error {
        let text: String
    }

    private func authorization() -> Result<String?, Unreadable> {
        let secret = password()
        if let file = component.passwordFile, secret == nil {
            return .failure(Unreadable(text: "cannot read the password in \(file)"))
        }
        if let user = component.user {
            return .success("Basic \(Data("\(user):\(secret ?? "")".utf8).base64EncodedString())")
        }
        return .success(secret.map { "Bearer \($0)" })
    }
}
