/// The parts of an `http` or `https` URL that a connection needs.
public struct EndpointURL: Sendable, Hashable {
    public let isSecure: Bool
    /// Without brackets.
    public let host: String
    public let port: Int
    /// Path and query; begins with a slash.
    public let target: String

    /// The URL written as `text`; nil for another scheme, one without host, with user information or with a fragment.
    public init?(_ text: String) {
        let scheme = ["https://", "http://"].first { text.hasPrefix($0) }
        guard let scheme, !text.contains("#") else { return nil }
        isSecure = scheme == "https://"
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let hasPort = authority.last != "]" && authority.contains(":")
        guard !authority.contains("@"),
            let address = Service.Address(text: hasPort ? String(authority) : "\(authority):\(isSecure ? 443 : 80)")
        else { return nil }
        host = address.host
        port = address.port
        let target = rest.dropFirst(authority.count)
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }
}
