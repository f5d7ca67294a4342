import Documents

/// The two halves of a `$ref` value.
struct ReferenceTarget {
    /// The file, resolved against the one the reference stands in.
    var file: String
    /// What follows `#`, still percent-encoded; empty for the whole file.
    var fragment: String

    /// Nil for an absolute URI or path, for text beyond `DocumentBundle.maximumReferenceBytes`, and for a node that is no string.
    init?(_ reference: SourceNode) {
        guard let text = reference.string, text.utf8.count <= DocumentBundle.maximumReferenceBytes, !Self.isAbsolute(text) else {
            return nil
        }
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = percentDecoded(parts[0]) else { return nil }
        file = path.isEmpty ? reference.file : DocumentPath.resolve(path, from: reference.file)
        fragment = parts.count > 1 ? String(parts[1]) : ""
    }

    private static func isAbsolute(_ text: String) -> Bool {
        text.hasPrefix("/") || text.prefix { $0 != "/" && $0 != "#" }.contains(":")
    }

    /// Whether the file lies below the folder of `document`: a module's bundle cannot read the host's files.
    func isInside(folderOf document: String) -> Bool {
        let folder = DocumentPath.folder(of: document)
        return file.hasPrefix(folder) && !file.hasPrefix("..") && (folder.hasPrefix("/") || !file.hasPrefix("/"))
    }
}
