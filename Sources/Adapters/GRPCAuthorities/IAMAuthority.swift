import Bytes
import GRPCCore
import GRPCProtobuf
public import GatewayCore
public import NIOCore
import SwiftProtobuf

/// What IAM says that a user holds.
public struct AuthorityPermissions: Sendable, Hashable {
    /// `module.resource.action`, `module.*` or `*`, as IAM wrote them; empty for an unknown user.
    public let names: [String]
    /// Whether IAM knows the user in this tenant. Who is unknown holds nothing.
    public let isKnown: Bool
    /// How long a copy may be used: what is configured, or less if IAM says so, and a short time for an unknown user.
    public let timeToLive: Duration
    /// Grows with every change of what the user holds; 0 when IAM does not count.
    public let version: Int64
}

/// IAM, asked over gRPC what a user holds (`septem.iam.v1.PermissionService`). Never asked on the request path.
///
/// One call answers everybody who asks for the same user at a time; calls, waiting questions and askers are bounded, so is an
/// answer. An IAM that fails again and again is left alone for a while. Safe to call from any thread.
public final class IAMAuthority: Sendable {
    private struct Question: Hashable, Sendable {
        let tenant: String
        let user: String
    }

    private let authority: Authority<Question, AuthorityPermissions>

    /// Connects in the background, and keeps trying.
    ///
    /// `timeToLive` is the longest that a copy may be used. Throws `.configuration` when the trusted roots cannot be read. Ends
    /// with `shutdown`.
    public init(
        _ settings: PlatformConfiguration.Authority, timeToLive: Duration, limits: AuthorityLimits = .default
    ) throws(AuthorityFault) {
        let longest = timeToLive
        authority = try Authority(settings, limits: limits) { client, question, options in
            try await client.unary(
                request: ClientRequest(
                    message: Septem_Iam_V1_ListPermissionsRequest.with {
                        $0.tenantID = question.tenant
                        $0.userID = question.user
                    }),
                descriptor: MethodDescriptor(
                    fullyQualifiedService: "septem.iam.v1.PermissionService", method: "ListPermissions"),
                serializer: ProtobufSerializer<Septem_Iam_V1_ListPermissionsRequest>(),
                deserializer: ProtobufDeserializer<Septem_Iam_V1_ListPermissionsResponse>(), options: options
            ) { response in
                do {
                    return try AuthorityPermissions(try response.message, timeToLive: longest, limits: limits)
                } catch let error as RPCError where error.code == .notFound {
                    return AuthorityPermissions(
                        names: [], isKnown: false, timeToLive: min(longest, limits.unknownTimeToLive), version: 0)
                }
            }
        }
    }

    /// Asks what a user of a tenant holds, both as in the token.
    ///
    /// `completed` is called exactly once: on any thread, or before this returns when nothing is asked. Takes no longer than the
    /// timeout, about twice that in a burst. A fault leaves the question open: it is no answer to a caller's request.
    public func permissions(
        tenant: [UInt8], user: [UInt8], completed: @escaping @Sendable (Result<AuthorityPermissions, AuthorityFault>) -> Void
    ) {
        // Text that is none would be repaired, and two callers could become one.
        guard let tenant = String(validating: tenant, as: UTF8.self), let user = String(validating: user, as: UTF8.self) else {
            return completed(.failure(AuthorityFault(.malformed, "the name of the tenant or the user is no text")))
        }
        authority.ask(Question(tenant: tenant, user: user), completed)
    }

    /// The same for one loop's facts: asked on `loop`, answered there.
    public func asked(on loop: any EventLoop) -> Authorities.Ask<[String]> {
        { [self] read, completed in
            guard let user = read.user else { return completed(.unanswered) }
            let completed = hop(to: loop, completed)
            permissions(tenant: Array(read.tenant.name), user: Array(user.name)) { result in
                completed(result.outcome { ($0.names, $0.timeToLive) })
            }
        }
    }

    /// What it was asked and how that went.
    public var counters: AuthorityCounters { authority.counters }

    /// Ends what is under way with `.closed` and closes the connections.
    public func shutdown() async { await authority.shutdown() }
}

extension AuthorityPermissions {
    init(
        _ response: Septem_Iam_V1_ListPermissionsResponse, timeToLive: Duration, limits: AuthorityLimits
    ) throws(AuthorityFault) {
        guard response.permissions.count <= limits.names else {
            throw AuthorityFault(.refused, "more than \(limits.names) permissions")
        }
        names = response.permissions
        isKnown = true
        self.timeToLive = timeToLive.capped(bySeconds: response.ttlSeconds)
        version = response.version
    }
}

extension Duration {
    /// The shorter of the two; an authority's 0, or less, says nothing.
    func capped(bySeconds seconds: Int32) -> Duration { seconds > 0 ? min(self, .seconds(seconds)) : self }
}
