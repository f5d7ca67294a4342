import Documents

/// Reads `flags`.
struct FlagsDecoder {
    let findings: FindingList

    func decode(_ reader: DocumentReader) -> PlatformConfiguration.Flags? {
        let file = reader.file("file")
        let relay = reader.section("relay", relay)
        let interval = reader.duration("interval", in: ConfigurationBounds.refresh)
        guard (reader.node["file"] == nil) != (reader.node["relay"] == nil) else {
            findings.error("one-source", at: reader.node, "\"flags\" needs exactly one of \"file\" and \"relay\"")
            return nil
        }
        guard let source: PlatformConfiguration.Flags.Source = file.map({ .file($0) }) ?? relay.map({ .relay($0) }) else {
            return nil
        }
        var flags = PlatformConfiguration.Flags(source: source)
        if let interval { flags.interval = interval }
        return flags
    }

    private func relay(_ reader: DocumentReader) -> PlatformConfiguration.Flags.Relay? {
        let url = reader.string("url", required: true)
        let keyFile = reader.file("key_file")
        let authority = reader.file("ca_file")
        let copy = reader.file("copy")
        guard let url, let node = reader.node["url"] else { return nil }
        guard let endpoint = EndpointURL(url), endpoint.target == "/" else {
            findings.error("bad-url", at: node, "\"url\" must be an http or https URL without a path")
            return nil
        }
        return PlatformConfiguration.Flags.Relay(
            url: endpoint, keyFile: keyFile, certificateAuthorityFile: authority, copy: copy)
    }
}
