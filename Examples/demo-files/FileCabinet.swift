import Foundation

/// A stored file, as a listing shows it.
struct StoredFile: Encodable, Sendable {
    let name: String
    let size: Int
    /// Seconds since 1970.
    let modifiedAt: Double

    /// A validator that changes whenever the file is written anew (RFC 9110 section 8.8.3).
    var entityTag: String {
        "\"\(String(size, radix: 16))-\(String(Int(modifiedAt * 1_000_000), radix: 16))\""
    }
}

/// A folder for each tenant, holding plain files with safe names and nothing else.
struct FileCabinet: Sendable {
    /// Half of what common file systems allow, which leaves room for the names of uploads under way.
    static let maximumNameLength = 128

    private let root: URL

    init(root: URL) throws {
        self.root = root
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    }

    /// Letters, digits, `.`, `_` and `-`, not starting with a dot: such a name cannot leave its folder, nor hide in it.
    static func isSafe(_ name: String) -> Bool {
        guard (1...maximumNameLength).contains(name.utf8.count), name.utf8.first != UInt8(ascii: ".") else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default:
                false
            }
        }
    }

    func path(of name: String, tenant: String) -> String {
        root.appendingPathComponent(tenant).appendingPathComponent(name).path
    }

    /// Where an upload is written before it takes its name; the leading dot keeps it out of listings.
    func uploadPath(tenant: String) throws -> String {
        let folder = root.appendingPathComponent(tenant)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.appendingPathComponent(".upload-\(UUID().uuidString)").path
    }

    /// Gives a finished upload its name at once, replacing the file that had it. Returns whether there was one.
    func finishUpload(at path: String, name: String, tenant: String) throws -> Bool {
        let target = self.path(of: name, tenant: tenant)
        let replaced = FileManager.default.fileExists(atPath: target)
        guard rename(path, target) == 0 else { throw CocoaError(.fileWriteUnknown) }
        return replaced
    }

    func abandonUpload(at path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// nil when there is no such file.
    func file(_ name: String, tenant: String) -> StoredFile? {
        guard let facts = try? FileManager.default.attributesOfItem(atPath: path(of: name, tenant: tenant)),
            facts[.type] as? FileAttributeType == .typeRegular,
            let size = facts[.size] as? Int, let modified = facts[.modificationDate] as? Date
        else { return nil }
        return StoredFile(name: name, size: size, modifiedAt: modified.timeIntervalSince1970)
    }

    /// The tenant's files, by name.
    func list(tenant: String) -> [StoredFile] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(tenant).path)) ?? []
        return names.filter(Self.isSafe).sorted().compactMap { file($0, tenant: tenant) }
    }

    /// Returns whether there was such a file.
    func delete(_ name: String, tenant: String) -> Bool {
        (try? FileManager.default.removeItem(atPath: path(of: name, tenant: tenant))) != nil
    }
}
