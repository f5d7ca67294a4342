import Foundation

/// Why a spool or a file of records cannot be used.
public enum SpoolFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was tried, on which file, and what the system said of it.
    case system(action: String, path: String, code: Int32)
    /// Another process has the spool.
    case inUse(String)

    static func last(_ action: String, _ path: String) -> SpoolFault { .system(action: action, path: path, code: errno) }

    public var description: String {
        switch self {
        case .system(let action, let path, let code): "cannot \(action) \(path): \(String(cString: strerror(code)))"
        case .inUse(let path): "\(path) is the spool of another running gateway; give each its own folder"
        }
    }
}
