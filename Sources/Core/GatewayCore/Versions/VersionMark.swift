import Bytes
import Documents
import JSON

/// That a version is deprecated: the small object beside its snapshot.
public struct VersionMark: Hashable, Sendable {
    /// Bytes of a mark; four values fit many times over.
    public static let maximumBytes = 16 << 10
    static let maximumLinkBytes = 2048

    /// Since when.
    public var deprecated: UTCTime
    /// When it is gone.
    public var sunset: UTCTime
    /// Where its users read what to do; nil for its documents at the gateway.
    public var link: String?
    /// Of the snapshot's bytes, 64 hexadecimal digits: a copy that is another is none.
    public var digest: String

    /// - Parameter link: must be one that `isLink` takes.
    public init(deprecated: UTCTime, sunset: UTCTime, link: String? = nil, digest: String) {
        self.deprecated = deprecated
        self.sunset = sunset
        self.link = link
        self.digest = digest
    }

    /// Whether the text may stand between the angle brackets of `Link`: an absolute http or https URL of printable ASCII (RFC 8288
    /// section 3).
    public static func isLink(_ text: String) -> Bool {
        EndpointURL(text.split(separator: "#", maxSplits: 1).first.map(String.init) ?? "") != nil
            && text.utf8.count <= maximumLinkBytes
            && text.utf8.allSatisfy {
                (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "\"")
            }
    }

    /// Reads what `json` writes, whatever else is beside it; what is wrong with it otherwise.
    public static func read(_ bytes: [UInt8], file: String) -> Result<VersionMark, VersionFault> {
        guard bytes.count <= maximumBytes else { return .failure(VersionFault("\(file) is larger than \(maximumBytes) bytes")) }
        let findings = FindingList()
        switch SourceDocument.parse(text: bytes, file: file) {
        case .failure(let faults): return .failure(VersionFault(faults.first.map { "\($0)" } ?? "\(file) is no document"))
        case .success(let root):
            let reader = DocumentReader(root, findings: findings)
            let deprecated = reader.string("deprecated", required: true).flatMap { UTCTime($0) }
            let sunset = reader.string("sunset", required: true).flatMap { UTCTime($0) }
            let link = reader.string("link")
            let digest = reader.string("sha256", required: true) ?? ""
            if let first = findings.all.first { return .failure(VersionFault("\(first)")) }
            guard let deprecated, let sunset else { return .failure(VersionFault("\(file) has a time that is none")) }
            guard link.map(isLink) ?? true else { return .failure(VersionFault("\(file) has a link that is no http URL")) }
            guard digest.utf8.count == 64, digest.utf8.allSatisfy({ $0 &- 48 < 10 || $0 &- 97 < 6 }) else {
                return .failure(VersionFault("\(file) has a digest that is none"))
            }
            return .success(VersionMark(deprecated: deprecated, sunset: sunset, link: link, digest: digest))
        }
    }

    /// `{"deprecated", "sunset", "link", "sha256"}`, one line.
    public var json: [UInt8] {
        let out = ByteWriter()
        out.append("{\"deprecated\":")
        out.append(jsonString: deprecated.text)
        out.append(member: "sunset", sunset.text)
        if let link { out.append(member: "link", link) }
        out.append(member: "sha256", digest)
        out.append("}\n")
        return Array(String(out.view).utf8)
    }
}

/// What is wrong with what is kept of a version, in one sentence.
public struct VersionFault: Error, Sendable, Hashable {
    public let message: String

    public init(_ message: String) { self.message = message }
}
