import Documents

/// Reads `listen` and `admin`.
struct ListenerDecoder {
    let findings: FindingList
    let overrides: EnvironmentOverrides

    /// The listener with the environment put over it; nil reads the defaults.
    func listen(_ reader: DocumentReader?) -> PlatformConfiguration.Listener {
        var listener = PlatformConfiguration.Listener()
        if let reader {
            if let host = reader.string("host") { listener.host = host }
            if let port = reader.integer("port", in: ConfigurationBounds.port) { listener.port = port }
            listener.tls = reader.section("tls", tls)
        }
        if let host = overrides.host { listener.host = host }
        if let port = overrides.port { listener.port = port }
        return listener
    }

    func admin(_ reader: DocumentReader) -> PlatformConfiguration.Admin {
        var admin = PlatformConfiguration.Admin()
        if let host = reader.string("host") { admin.host = host }
        if let port = reader.integer("port", in: ConfigurationBounds.port) { admin.port = port }
        return admin
    }

    private func tls(_ reader: DocumentReader) -> PlatformConfiguration.ServerTLS? {
        let certificate = reader.file("certificate", required: true)
        let key = reader.file("key", required: true)
        guard let certificate, let key else { return nil }
        return PlatformConfiguration.ServerTLS(certificate: certificate, key: key)
    }
}

extension DocumentReader {
    /// A file name, resolved against the folder of the file it is written in.
    func file(_ key: String, required: Bool = false) -> String? {
        string(key, required: required).map { DocumentPath.resolve($0, from: node.file) }
    }

    /// `host:port`, the host in brackets when it is an IPv6 address.
    func address(_ key: String, required: Bool = false) -> Service.Address? {
        guard let value = value(key, required: required) else { return nil }
        return Self.address(value, findings)
    }

    static func address(_ node: SourceNode, _ findings: FindingList) -> Service.Address? {
        if let text = node.string, let address = Service.Address(text: text) { return address }
        findings.error(
            "address", at: node, "\"\(node.text ?? node.noun)\" must be host:port, such as files:9000, 10.0.0.7:50051 or [::1]:80"
        )
        return nil
    }
}

extension Service.Address {
    /// As it is written: `host:port`, the host in brackets when it is an IPv6 address.
    public var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The address written as `host:port`; nil when either part is missing or the port is not 1 to 65535.
    init?(text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (1...65535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":"), ClientAddress(String(host)) != nil else { return nil }
        } else if host.contains(":") {
            return nil
        }
        let isName = host.utf8.allSatisfy { byte in
            (byte | 0x20) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
        }
        guard !host.isEmpty, isName else { return nil }
        self.init(host: String(host), port: port)
    }
}
