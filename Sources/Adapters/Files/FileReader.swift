#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads whole files within a limit.
public enum FileReader {
    /// Largest file that is read when the caller sets no limit: documents of the configuration stay far below.
    public static let defaultMaximumBytes = 64 << 20

    /// The contents of the regular file at `path` and the stamp of exactly the file that was read.
    public static func read(
        _ path: String, maximumBytes: Int = defaultMaximumBytes
    ) -> Result<(bytes: [UInt8], stamp: FileStamp), FileFault> {
        // Without O_NONBLOCK opening a pipe would wait for a writer.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            let isMissing = errno == ENOENT || errno == ENOTDIR
            return .failure(fault(isMissing ? .missing : .unreadable, path))
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { return .failure(fault(.unreadable, path)) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return .failure(FileFault(code: .notRegular, message: "\(path) is not a regular file"))
        }
        let limit = FileFault(code: .tooLarge, message: "\(path) is larger than \(maximumBytes) bytes")
        guard Int(status.st_size) <= maximumBytes else { return .failure(limit) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(status.st_size) + 1)
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let got = chunk.withUnsafeMutableBytes { readSome(file, $0) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { return .failure(fault(.unreadable, path)) }
            if got == 0 { return .success((bytes, FileStamp(status))) }
            bytes.append(contentsOf: chunk[..<got])
            guard bytes.count <= maximumBytes else { return .failure(limit) }
        }
    }

    /// A fault with the system's words for the last error.
    private static func fault(_ code: FileFault.Code, _ path: String) -> FileFault {
        FileFault(code: code, message: "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}

/// The system call, which inside `FileReader` its own `read` hides.
private func readSome(_ file: Int32, _ room: UnsafeMutableRawBufferPointer) -> Int { read(file, room.baseAddress, room.count) }
