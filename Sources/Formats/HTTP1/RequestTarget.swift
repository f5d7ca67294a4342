public import Bytes
public import HTTPSemantics

/// The parts of a request target (RFC 9112 section 3.2), as ranges into the bytes the target lies in.
public struct RequestTarget: Equatable, Sendable {
    /// The four forms; `authority` is refused before it becomes a value.
    public enum Form: UInt8, Sendable {
        /// `/path?query`
        case origin
        /// `http://host/path?query`; its authority replaces `Host` (RFC 9112 section 3.2.2).
        case absolute
        /// `*`, for OPTIONS alone.
        case asterisk
    }

    public var form: Form
    /// Host and port of the absolute form, already valid; empty in the other forms.
    public var authority: ByteRange
    /// Path and query. Empty, or only a query, when an absolute target has no path: that means the path `/`.
    public var pathAndQuery: ByteRange

    /// The parts of the target in `range` of `bytes`, or why it is refused.
    ///
    /// The scheme of an absolute target is `http` or `https`, its authority a valid host without user information. The target of
    /// CONNECT is refused as not implemented: this is a gateway, not a tunnel to anywhere.
    public static func parse(_ bytes: ByteView, _ range: ByteRange, method: RequestMethod) -> Result<RequestTarget, HTTP1Fault> {
        let target = bytes[range]
        guard target.count > 0 else { return .failure(.invalidTarget) }
        if method == .connect { return .failure(Authority.isValid(target) ? .connectRefused : .invalidTarget) }
        if target.base[0] == UInt8(ascii: "/") {
            return .success(RequestTarget(form: .origin, authority: .empty, pathAndQuery: range))
        }
        if target == "*" {
            guard method == .options else { return .failure(.invalidTarget) }
            return .success(RequestTarget(form: .asterisk, authority: .empty, pathAndQuery: range))
        }
        return absolute(target, at: range.start)
    }

    private static func absolute(_ target: ByteView, at offset: Int) -> Result<RequestTarget, HTTP1Fault> {
        let start: Int
        if target.count > 7, target[0, 7].equalsIgnoringCase("http://") {
            start = 7
        } else if target.count > 8, target[0, 8].equalsIgnoringCase("https://") {
            start = 8
        } else {
            return .failure(.invalidTarget)
        }
        var end = start
        while end < target.count, target.base[end] != UInt8(ascii: "/"), target.base[end] != UInt8(ascii: "?") { end &+= 1 }
        guard Authority.isValid(target[start, end]) else { return .failure(.invalidTarget) }
        return .success(
            RequestTarget(
                form: .absolute, authority: ByteRange(offset &+ start, offset &+ end),
                pathAndQuery: ByteRange(offset &+ end, offset &+ target.count)))
    }
}
