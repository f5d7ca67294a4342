public import Documents

/// The part of an OpenAPI 3.0 or 3.1 document that the gateway acts on.
public struct OpenAPIDocument: Sendable {
    /// The family of versions, which decides the schema dialect.
    public enum Version: String, Sendable {
        case v3_0 = "3.0"
        case v3_1 = "3.1"
    }

    /// Operations of one document; the largest published ones have about a thousand.
    public static let maximumOperations = 20_000

    public let version: Version
    /// `info.title`; nil when the document has none.
    public let title: String?
    /// `info.version` as written; nil when the document has none.
    public let documentVersion: String?
    /// The path of the first server, its variables replaced by their defaults; empty or starting with a slash, never ending
    /// with one.
    public let basePath: String
    /// In document order.
    public let operations: [OpenAPIOperation]
    /// The document and the files it refers to, for what is compiled lazily: schemas, parameters, responses.
    public let bundle: DocumentBundle
}

extension OpenAPIDocument {
    /// Loads the document at `file` with the files it refers to.
    ///
    /// - Returns: the document, nil if there is an error among the findings; and every finding.
    public static func load(
        file: String, source: FileSource, limits: DocumentLimits = .default
    ) -> (document: OpenAPIDocument?, findings: [Finding]) {
        let findings = FindingList()
        var reader = BundleReader(source: source, limits: limits, findings: findings)
        guard let bundle = reader.read(file) else { return (nil, findings.all) }
        let document = OpenAPIDecoder(bundle: bundle, findings: findings).decode()
        return (findings.hasErrors ? nil : document, findings.all)
    }

    /// Loads a document that is one text and refers to no other file.
    public static func load(
        text: [UInt8], file: String, limits: DocumentLimits = .default
    ) -> (document: OpenAPIDocument?, findings: [Finding]) {
        load(
            file: file,
            source: FileSource { $0 == file ? .success(text) : .failure(FileSource.Fault("no such file")) }, limits: limits)
    }
}
