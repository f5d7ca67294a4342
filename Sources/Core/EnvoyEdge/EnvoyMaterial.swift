public import GatewayCore

/// Contents of the files that resources hold: certificates, keys, key sets, secrets of the login.
public struct EnvoyMaterial: Sendable, Hashable {
    /// By path.
    public var files: [String: [UInt8]]

    public init(files: [String: [UInt8]] = [:]) { self.files = files }

    /// The files that the configuration names, sorted: none without `envoy`.
    public static func paths(of configuration: PlatformConfiguration) -> [String] {
        guard let envoy = configuration.envoy else { return [] }
        var paths = envoy.listeners.flatMap { $0.tls?.certificates ?? [] }.flatMap { [$0.certificate, $0.key] }
        for issuer in configuration.issuers { if case .file(let path) = issuer.keys { paths.append(path) } }
        if let login = envoy.login { paths += [login.clientSecretFile, login.cookieKeyFile] }
        return Set(paths).sorted()
    }

    func text(_ path: String) -> String { String(decoding: files[path] ?? [], as: UTF8.self) }

    /// Without the line end that editors put after a secret.
    func secret(_ path: String) -> String {
        let text = text(path)
        return String(text.prefix(text.count - text.reversed().prefix { $0.isNewline }.count))
    }
}
