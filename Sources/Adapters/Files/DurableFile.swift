#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file that appears whole or not at all: it is written under another name, brought to the disk, and only then given its own.
public struct DurableFile: Sendable {
    public let path: String

    /// - Parameter path: its folder need not exist; what is written creates it.
    public init(_ path: String) { self.path = path }

    /// False when there is a file already, which stays as it is, whoever wrote it and when (link(2)).
    public func create(_ bytes: [UInt8]) throws(FileFault) -> Bool {
        let temporary = try write(bytes)
        defer { unlink(temporary) }
        guard link(temporary, path) == 0 else {
            if errno == EEXIST { return false }
            throw fault("created", path)
        }
        try synchroniseFolder()
        return true
    }

    /// Puts the bytes in the place of what was there.
    public func replace(_ bytes: [UInt8]) throws(FileFault) {
        let temporary = try write(bytes)
        guard rename(temporary, path) == 0 else {
            let fault = fault("replaced", path)
            unlink(temporary)
            throw fault
        }
        try synchroniseFolder()
    }

    /// Writes a file of an unused name beside it, into the folder, which is made where it is missing.
    private func write(_ bytes: [UInt8]) throws(FileFault) -> String {
        try makeFolder()
        let temporary = "\(path).\(getpid()).\(UInt64.random(in: 0 ... .max))"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw fault("written", temporary) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { writeSome(file, UnsafeRawBufferPointer(rebasing: $0[written...])) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let fault = fault("written", temporary)
                unlink(temporary)
                throw fault
            }
            written += count
        }
        guard fsync(file) == 0 else {
            let fault = fault("written", temporary)
            unlink(temporary)
            throw fault
        }
        return temporary
    }

    private func makeFolder() throws(FileFault) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        var missing: [String] = []
        while !parts.isEmpty {
            let folder = parts.joined(separator: "/")
            if folder.isEmpty || access(folder, F_OK) == 0 { break }
            missing.append(folder)
            parts = parts.dropLast()
        }
        for folder in missing.reversed() {
            // Another process may make it at the same time.
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw fault("created", folder) }
        }
    }

    /// A name that was made is there after a loss of power only once its folder is on the disk.
    private func synchroniseFolder() throws(FileFault) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let file = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw fault("written", folder) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw fault("written", folder) }
    }

    private func fault(_ what: String, _ path: String) -> FileFault {
        FileFault(code: .unreadable, message: "\(path) cannot be \(what): \(String(cString: strerror(errno)))")
    }
}

/// The system call.
private func writeSome(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int { write(file, bytes.baseAddress, bytes.count) }
