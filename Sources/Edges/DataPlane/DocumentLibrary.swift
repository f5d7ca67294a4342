public import GatewayCore

/// A document as it is told: its bytes and what names them.
public struct APIDocument: Sendable {
    public let form: DocumentForm
    public let bytes: [UInt8]
    /// Strong, in quotes (RFC 9110 section 8.8.3).
    public let tag: [UInt8]
    /// Whether it is the same for ever.
    public let isImmutable: Bool

    public init(form: DocumentForm, bytes: [UInt8], tag: [UInt8], isImmutable: Bool) {
        self.form = form
        self.bytes = bytes
        self.tag = tag
        self.isImmutable = isImmutable
    }
}

/// The documents of the API's versions.
public protocol DocumentLibrary: Sendable {
    /// The list of versions; asked on a loop, and must not block.
    func index(of snapshot: Snapshot) -> APIDocument

    /// The document of a version: of one that is deprecated as it was then, of another as it is.
    ///
    /// - Parameter completed: is told once, on any thread, maybe at once: nil for a version that there is not, a failure where its
    ///   documents cannot be told.
    func document(
        _ version: APIVersion, _ form: DocumentForm, of snapshot: Snapshot,
        _ completed: @escaping @Sendable (Result<APIDocument?, VersionFault>) -> Void)
}
