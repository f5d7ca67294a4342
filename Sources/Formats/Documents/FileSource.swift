/// Where documents come from: the disk in the gateway, a dictionary in tests.
public struct FileSource: Sendable {
    /// Why a file could not be read.
    public struct Fault: Error, Hashable, Sendable {
        /// The system's words, for the finding.
        public var message: String

        public init(_ message: String) { self.message = message }
    }

    /// The bytes of the file at `path`.
    public let read: @Sendable (_ path: String) -> Result<[UInt8], Fault>

    public init(_ read: @escaping @Sendable (_ path: String) -> Result<[UInt8], Fault>) { self.read = read }

    /// Files that exist only in memory, by path.
    public static func memory(_ files: [String: String]) -> FileSource {
        FileSource { path in
            files[path].map { .success(Array($0.utf8)) } ?? .failure(Fault("no such file"))
        }
    }

    /// The document at `path`; a file that cannot be read is a finding.
    public func document(_ path: String, limits: DocumentLimits = .default) -> Result<SourceNode, [Finding]> {
        switch read(path) {
        case .success(let text): return SourceDocument.parse(text: text, file: path, limits: limits)
        case .failure(let fault):
            let message = "the file cannot be read: \(fault.message)"
            return .failure(
                [Finding(file: path, line: 0, column: 0, pointer: "", code: "unreadable-file", message: message)])
        }
    }
}

/// Slash-separated file paths, resolved without touching the disk.
public enum DocumentPath {
    /// `path` as seen from the folder of `file`, with `.` and `..` resolved; an absolute path stays.
    public static func resolve(_ path: String, from file: String) -> String {
        guard !path.hasPrefix("/") else { return normalised(path) }
        return normalised(folder(of: file) + path)
    }

    /// The folder of `file` with a slash at its end; empty for a bare name.
    public static func folder(of file: String) -> String {
        file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    }

    static func normalised(_ path: String) -> String {
        var parts: [Substring] = []
        let isAbsolute = path.hasPrefix("/")
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !isAbsolute {
                parts.append(part)
            }
        }
        return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
    }
}
