/// Why a file could not be read.
public struct FileFault: Error, Sendable, Hashable {
    /// What went wrong; the raw value may label a metric.
    public enum Code: String, Sendable, CaseIterable {
        /// There is no such file.
        case missing = "file-missing"
        /// It is there and cannot be opened or read.
        case unreadable = "file-unreadable"
        /// It is a folder, a device, a pipe or a socket.
        case notRegular = "file-not-regular"
        /// It is larger than the reader's limit.
        case tooLarge = "file-too-large"
    }

    public let code: Code
    /// One sentence for the operator, with the path.
    public let message: String
}
