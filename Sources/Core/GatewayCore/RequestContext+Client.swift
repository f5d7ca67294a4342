import Bytes
import HTTP1
import HTTPSemantics

/// Who the client is when proxies stand between.
extension RequestContext {
    /// Walks `X-Forwarded-For` from the right over trusted proxies to the first address that is not one: everything further left
    /// was written by a stranger.
    func resolveClient(trusting proxies: [AddressRange]) {
        guard proxies.contains(where: { $0.contains(connectionPeer) }) else { return }
        isPeerTrusted = true
        var hops: [ByteRange] = []
        var next = fields.firstIndex(.xForwardedFor)
        while let index = next {
            var elements = ListElements(headBytes.view[fields[index].value])
            while let element = elements.next() {
                let start = element.base - headBytes.view.base
                hops.append(ByteRange(start, start + element.count))
            }
            next = fields.nextIndex(.xForwardedFor, after: index)
        }
        // The last hops, because proxies add at the end: what a client sends first must not push them out.
        for hop in hops.suffix(Self.maximumForwardedHops).reversed() {
            guard let address = ClientAddress(String(headBytes.view[hop])) else { return }
            peer = address
            if !proxies.contains(where: { $0.contains(address) }) { return }
        }
    }

    /// Addresses looked at in one request: more proxies than any deployment has.
    static var maximumForwardedHops: Int { 32 }

    /// Whether the client takes trailers (RFC 9110 section 6.5.1); before HTTP/1.1 nobody does.
    var takesTrailers: Bool {
        var next = head.minorVersion >= 1 ? head.fields.firstIndex(.te) : nil
        while let index = next {
            var codings = ListElements(headBytes.view[head.fields[index].value])
            while let coding = codings.next() { if coding.equalsIgnoringCase("trailers") { return true } }
            next = head.fields.nextIndex(.te, after: index)
        }
        return false
    }

    /// Key of the client address's bucket. An IPv6 client owns its whole /64 (RFC 6177), so the network counts, not the address.
    func clientHash(_ hash: KeyedHash) -> UInt64 { peer.limitKey(hash) }

    /// Whether the client's own connection is encrypted, as far as it can be known.
    var forwardedProtocol: StaticString {
        if isPeerTrusted, let line = fields.first(.xForwardedProto) {
            if headBytes.view[line.value].equalsIgnoringCase("https") { return "https" }
            if headBytes.view[line.value].equalsIgnoringCase("http") { return "http" }
        }
        return isSecure ? "https" : "http"
    }
}
