public import Documents

/// A module as it is delivered: its manifest and the files this names, read whole.
///
/// Immutable; a source that sees no change hands out the same object again.
public final class ModulePackage: Sendable {
    /// Where a package comes from.
    public enum Origin: String, Sendable, CaseIterable {
        /// The watched folder.
        case folder
        /// The registry in Valkey.
        case registry
    }

    /// The manifest's name inside the package.
    public static let manifestName = "module.yaml"

    /// The name of its folder, or of its entry in the registry; the manifest's slug must be the same.
    public let slug: String
    public let origin: Origin
    /// What findings call the package: a path without `.` and `..` that ends with a slash.
    public let root: String
    /// By path inside the package.
    public let files: [String: [UInt8]]
    /// What was wrong with reading it; with an error among them it is not compiled.
    public let findings: [Finding]

    public init(slug: String, origin: Origin, root: String, files: [String: [UInt8]], findings: [Finding] = []) {
        self.slug = slug
        self.origin = origin
        self.root = DocumentPath.resolve(root, from: "") + "/"
        self.files = files
        self.findings = findings
    }

    /// A package that could not be read.
    public convenience init(slug: String, origin: Origin, root: String, code: String, fault: String) {
        let finding = Finding(
            file: root + Self.manifestName, line: 0, column: 0, pointer: "", code: code, message: fault)
        self.init(slug: slug, origin: origin, root: root, files: [:], findings: [finding])
    }

    /// Whether the text is a slug: 1 to 64 lower-case letters, digits, hyphens and underscores.
    public static func isSlug(_ text: String) -> Bool {
        (1...ModuleLimits.slugBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                byte &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }

    var manifestFile: String { root + Self.manifestName }

    /// The package's files, and none outside.
    var source: FileSource {
        FileSource { [self] path in
            guard path.hasPrefix(root) else { return .failure(FileSource.Fault("it lies outside the module's package")) }
            return files[String(path.dropFirst(root.count))].map { .success($0) }
                ?? .failure(FileSource.Fault("the module's package has no such file"))
        }
    }

    func hasSameContent(as other: ModulePackage) -> Bool {
        self === other
            || (slug == other.slug && origin == other.origin && root == other.root && findings == other.findings
                && files == other.files)
    }
}
