import HTTP2

/// The header fields that every call of one method repeats, built when the configuration is compiled.
final class GRPCMethodHeaders: Sendable {
    let template: HeaderTemplate
    /// The same for calls whose client speaks gRPC itself; nil when the method takes none.
    let framed: GRPCMethodHeaders?

    /// Fields for `path` (`/package.Service/Method`) at `authority`; `isSecure` decides the scheme.
    init(path: String, authority: String, isSecure: Bool, userAgent: String, takesFramed: Bool = false) {
        framed = takesFramed ? GRPCMethodHeaders(framedPath: path, authority: authority, isSecure: isSecure) : nil
        template = HeaderTemplate([
            (":method", "POST"), (":scheme", isSecure ? "https" : "http"), (":path", path), (":authority", authority),
            ("te", "trailers"), ("content-type", "application/grpc"), ("grpc-accept-encoding", "gzip, identity"),
            ("user-agent", userAgent),
        ])
    }

    /// Fields for calls whose client speaks gRPC itself (`GRPCReplies.framed`): `content-type`, `grpc-encoding`,
    /// `grpc-accept-encoding` and `user-agent` are the client's and come with each call's metadata.
    init(framedPath path: String, authority: String, isSecure: Bool) {
        framed = nil
        template = HeaderTemplate([
            (":method", "POST"), (":scheme", isSecure ? "https" : "http"), (":path", path), (":authority", authority),
            ("te", "trailers"),
        ])
    }
}
