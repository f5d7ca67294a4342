import HTTP1
import Bytes
import HTTPSemantics

/// Who the client is when proxies stand between.
extension RequestContext {
    /// Walks `X-Forwarded-For` from the right over trusted proxies to the first address that is not one: everything further left
    /// was written by a stranger.
    func resolveClient(trusting proxies: [AddressRange]) {
        guard proxies.contains(where: { $0.contains(connectionPeer) }) else { return }
        isPeerTrusted = true
        var hops: [ByteRange] = []
        var next = head.fields.firstIndex(.xForwardedFor)
        while let index = next, hops.count < Self.maximumForwardedHops {
            var elements = ListElements(headBytes.view[head.fields[index].value])
            while let element = elements.next() {
                let start = element.base - headBytes.view.base
                hops.append(ByteRange(start, start + element.count))
            }
            next = head.fields.nextIndex(.xForwardedFor, after: index)
        }
        for hop in hops.reversed() {
            guard let address = ClientAddress(String(headBytes.view[hop])) else { return }
            peer = address
            if !proxies.contains(where: { $0.contains(address) }) { return }
        }
    }

    /// Addresses looked at in one request: more proxies than any deployment has.
    static var maximumForwardedHops: Int { 32 }

    /// Key of the client address's bucket.
    func clientHash(_ hash: KeyedHash) -> UInt64 { peer.text.withByteView { hash($0) } }

    /// Whether the client's own connection is encrypted, as far as it can be known.
    var forwardedProtocol: StaticString {
        if isPeerTrusted, let line = head.fields.first(.xForwardedProto) {
            if headBytes.view[line.value].equalsIgnoringCase("https") { return "https" }
            if headBytes.view[line.value].equalsIgnoringCase("http") { return "http" }
        }
        return isSecure ? "https" : "http"
    }
}
