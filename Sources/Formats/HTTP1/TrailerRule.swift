public import Bytes
public import HTTPSemantics

/// Which fields may come after a body (RFC 9110 section 6.5.1).
///
/// A field that a recipient acts on before or while it reads a body must not change afterwards: whatever concerns framing,
/// routing, request conditions, authentication, the handling of the content, or the identity the gateway vouches for. Every name
/// the gateway knows is such a field unless listed here; unknown names are held against prefixes and a short list.
public enum TrailerRule {
    private static let allowed: FieldNameSet = [.grpcStatus, .grpcMessage, .etag]

    /// Whether a trailer of this name is sent on; others are silently left out.
    public static func mayBeSentOn(_ id: FieldName, _ name: ByteView) -> Bool {
        guard id == .other else { return allowed.contains(id) }
        return !startsLikeControl(name) && !isControl(name)
    }

    private static func startsLikeControl(_ name: ByteView) -> Bool {
        hasPrefix(name, "content-") || hasPrefix(name, "if-") || hasPrefix(name, "proxy-") || hasPrefix(name, "access-control-")
            || hasPrefix(name, "x-forwarded-") || hasPrefix(name, "x-user-") || hasPrefix(name, "x-tenant-")
            || hasPrefix(name, "sec-")
    }

    private static func isControl(_ name: ByteView) -> Bool {
        name.equalsIgnoringCase("age") || name.equalsIgnoringCase("expires") || name.equalsIgnoringCase("pragma")
            || name.equalsIgnoringCase("warning") || name.equalsIgnoringCase("cookie2") || name.equalsIgnoringCase("set-cookie2")
            || name.equalsIgnoringCase("x-real-ip") || name.equalsIgnoringCase("x-http-method-override")
            || name.equalsIgnoringCase("accept-ranges") || name.equalsIgnoringCase("refresh")
    }

    private static func hasPrefix(_ name: ByteView, _ prefix: StaticString) -> Bool {
        name.count >= prefix.utf8CodeUnitCount && name[0, prefix.utf8CodeUnitCount].equalsIgnoringCase(prefix)
    }
}
