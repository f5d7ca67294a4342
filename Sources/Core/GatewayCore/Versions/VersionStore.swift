/// Where deprecated versions are kept for ever: objects by name, such as `v1/openapi.yaml`.
///
/// All of it may wait for a network; a fault says in one sentence why something cannot be done at present.
public protocol VersionStore: Sendable {
    /// Where it is, for messages: `s3://api-specs`, or a folder.
    var place: String { get }

    /// The bytes of an object; nil when there is none.
    func read(_ name: String, maximumBytes: Int) async throws(VersionFault) -> [UInt8]?

    /// Creates an object. False when there is one of this name, which stays as it is, whoever wrote it and when.
    func create(_ name: String, _ bytes: [UInt8]) async throws(VersionFault) -> Bool

    /// Puts an object in the place of whatever was there.
    func replace(_ name: String, _ bytes: [UInt8]) async throws(VersionFault)
}

extension APIVersion {
    /// The object that says what the version offered.
    public var snapshotName: String { "\(text)/openapi.yaml" }

    /// The object that says that it is deprecated.
    public var markName: String { "\(text)/deprecation.json" }
}
