import Bytes
import Foundation
import GatewayCore
import JSON

/// The versions of the API as clients and operators see them.
struct VersionListing {
    private let deprecated: [APIVersion: VersionLibrary.Kept]
    private let all: [APIVersion]

    init(_ deprecated: [APIVersion: VersionLibrary.Kept], current: Set<APIVersion>) {
        self.deprecated = deprecated
        all = current.union(deprecated.keys).sorted()
    }

    /// `{"versions":[{version, status, documents, deprecated, sunset, link}]}`; the last three of deprecated ones alone.
    var json: String {
        let now = UTCTime(unixSeconds: Int64(Date().timeIntervalSince1970))
        let out = ByteWriter()
        out.append("{\"versions\":")
        out.append(objects: all) { version in
            let mark = deprecated[version]?.mark
            out.append(member: "version", version.text)
            out.append(member: "status", mark.map { $0.sunset < now ? "sunset" : "deprecated" } ?? "current")
            out.append(member: "documents", "/api-docs/\(version.text)")
            guard let mark else { return }
            out.append(member: "deprecated", mark.deprecated.text)
            out.append(member: "sunset", mark.sunset.text)
            if let link = mark.link { out.append(member: "link", link) }
        }
        out.append("}")
        return String(out.view)
    }
}
