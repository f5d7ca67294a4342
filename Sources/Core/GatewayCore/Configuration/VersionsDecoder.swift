import Documents

/// Reads `versions`.
struct VersionsDecoder {
    let findings: FindingList

    func decode(_ reader: DocumentReader) -> PlatformConfiguration.Versions {
        var versions = PlatformConfiguration.Versions()
        if let base = base(reader) { versions.base = base }
        versions.folder = reader.file("folder")
        versions.s3 = reader.section("s3", s3)
        if let access = reader.choice(
            "access", ["public": PlatformConfiguration.Versions.Access.everyone, "token": .callers, "admin": .admins])
        {
            versions.access = access
        }
        if let interval = reader.duration("interval", in: ConfigurationBounds.refresh) { versions.interval = interval }
        if reader.node["s3"] != nil, reader.node["folder"] == nil {
            findings.error(
                "missing-key", at: reader.node,
                "\"folder\" is missing: deprecated versions are served from a copy on this machine while S3 is away")
        }
        return versions
    }

    /// Literal segments, so that paths can be told apart by their beginning.
    private func base(_ reader: DocumentReader) -> String? {
        guard var base = reader.string("base"), let node = reader.node["base"] else { return nil }
        while base.hasSuffix("/") { base.removeLast() }
        let isPlain = base.utf8.allSatisfy { byte in
            byte &- 97 < 26 || byte &- 65 < 26 || byte &- 48 < 10 || "-._~/".utf8.contains(byte)
        }
        guard base.isEmpty || base.hasPrefix("/"), isPlain, !base.contains("//") else {
            findings.error("bad-path", at: node, "\"base\" must be a path such as /api, of letters, digits and -._~")
            return nil
        }
        return base
    }

    private func s3(_ reader: DocumentReader) -> PlatformConfiguration.Versions.S3? {
        let url = reader.string("url", required: true)
        let bucket = reader.string("bucket")
        let region = reader.string("region")
        let accessKey = reader.string("access_key")
        let secretKeyFile = reader.file("secret_key_file")
        let authority = reader.file("ca_file")
        let addressing = reader.choice("addressing", ["path": false, "host": true])
        guard let url, let node = reader.node["url"] else { return nil }
        guard let endpoint = EndpointURL(url), endpoint.target == "/" else {
            findings.error("bad-url", at: node, "\"url\" must be an http or https URL without a path; the bucket is \"bucket\"")
            return nil
        }
        if let bucket, !Self.isBucket(bucket), let node = reader.node["bucket"] {
            findings.error(
                "bad-bucket", at: node, "\"\(bucket)\" is no bucket: 3 to 63 lower-case letters, digits, dots and hyphens")
        }
        guard (accessKey == nil) == (secretKeyFile == nil) else {
            findings.error(
                "missing-key", at: reader.node,
                "\"access_key\" and \"secret_key_file\" come together; without both the environment's AWS_ACCESS_KEY_ID counts")
            return nil
        }
        var store = PlatformConfiguration.Versions.S3(url: endpoint)
        if let bucket { store.bucket = bucket }
        if let region { store.region = region }
        store.accessKey = accessKey
        store.secretKeyFile = secretKeyFile
        store.certificateAuthorityFile = authority
        if let addressing { store.isBucketInHost = addressing }
        return store
    }

    private static func isBucket(_ name: String) -> Bool {
        (3...63).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0 &- 97 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
            && name.first?.isPunctuation == false
    }
}
