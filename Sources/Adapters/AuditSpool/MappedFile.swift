import Foundation

/// A file's bytes as memory, shared with whoever maps it later.
///
/// All of its room on the disk is taken when it is made: a write to memory cannot find the disk full.
final class MappedFile: @unchecked Sendable {
    // Unchecked: the memory is its owner's to share; nothing of this object changes.
    let memory: UnsafeMutableRawBufferPointer
    let path: String

    /// Makes a new file of zeros.
    init(creating path: String, bytes: Int) throws(SpoolFault) {
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .last("create", path) }
        defer { Foundation.close(file) }
        let code = posix_fallocate(file, 0, off_t(bytes))
        guard code == 0 else {
            unlink(path)
            throw .system(action: "take \(bytes) bytes for", path: path, code: code)
        }
        memory = try Self.map(file, bytes, path)
        self.path = path
    }

    /// Maps a file that is there.
    init(opening path: String) throws(SpoolFault) {
        let file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw .last("open", path) }
        defer { Foundation.close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .last("look at", path) }
        // A hole in the file would be found when it is read; what is not there at all ends the process.
        memory = try Self.map(file, Int(status.st_size), path)
        self.path = path
    }

    private static func map(_ file: Int32, _ bytes: Int, _ path: String) throws(SpoolFault) -> UnsafeMutableRawBufferPointer {
        guard bytes > 0, let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), start != MAP_FAILED else {
            throw .last("map", path)
        }
        return UnsafeMutableRawBufferPointer(start: start, count: bytes)
    }

    deinit { munmap(memory.baseAddress, memory.count) }
}
