public import GatewayCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Deprecated versions in a folder of this machine, or of all machines.
///
/// Files appear whole or not at all: they are written under another name, brought to the disk and then linked, which never replaces what is
/// there (link(2)), also when two processes do so at once.
public struct VersionFolder: VersionStore {
    public let place: String

    /// - Parameter path: need not exist; what is written creates it.
    public init(_ path: String) { place = path }

    public func read(_ name: String, maximumBytes: Int) throws(VersionFault) -> [UInt8]? {
        switch FileReader.read("\(place)/\(name)", maximumBytes: maximumBytes) {
        case .success(let (bytes, _)): return bytes
        case .failure(let fault) where fault.code == .missing: return nil
        case .failure(let fault): throw VersionFault(fault.message)
        }
    }

    public func create(_ name: String, _ bytes: [UInt8]) throws(VersionFault) -> Bool {
        let path = "\(place)/\(name)"
        let temporary = try write(bytes, beside: path)
        defer { unlink(temporary) }
        guard link(temporary, path) == 0 else {
            if errno == EEXIST { return false }
            throw fault("created", path)
        }
        try synchronise(folderOf: path)
        return true
    }

    public func replace(_ name: String, _ bytes: [UInt8]) throws(VersionFault) {
        let path = "\(place)/\(name)"
        let temporary = try write(bytes, beside: path)
        guard rename(temporary, path) == 0 else {
            let fault = fault("replaced", path)
            unlink(temporary)
            throw fault
        }
        try synchronise(folderOf: path)
    }

    /// Removes a file that may be there.
    public func remove(_ name: String) { unlink("\(place)/\(name)") }

    /// Writes a file of an unused name into the folder of `path`, which is made where it is missing.
    private func write(_ bytes: [UInt8], beside path: String) throws(VersionFault) -> String {
        try makeFolder(of: path)
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

    private func makeFolder(of path: String) throws(VersionFault) {
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
    private func synchronise(folderOf path: String) throws(VersionFault) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let file = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw fault("written", folder) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw fault("written", folder) }
    }

    private func fault(_ what: String, _ path: String) -> VersionFault {
        VersionFault("\(path) cannot be \(what): \(String(cString: strerror(errno)))")
    }
}

/// The system call.
private func writeSome(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int { write(file, bytes.baseAddress, bytes.count) }
