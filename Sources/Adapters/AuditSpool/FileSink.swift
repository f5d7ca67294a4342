import Bytes
import Foundation
public import GatewayCore
import Synchronization

/// Appends records to a file, a JSON object a line, and begins a new file when that has grown large.
///
/// A file that someone else moved away is made anew.
public final class FileSink: AuditSink {
    public struct Settings: Sendable, Hashable {
        public var path: String
        /// A file of this size is put aside.
        public var maximumBytes: Int
        /// How many files that were put aside are kept; the oldest is removed for one more.
        public var kept: Int
        /// Whether records count as delivered only once they are on the disk itself.
        public var synchronises: Bool

        public init(path: String, maximumBytes: Int, kept: Int, synchronises: Bool) {
            self.path = path
            self.maximumBytes = maximumBytes
            self.kept = kept
            self.synchronises = synchronises
        }
    }

    private struct File {
        let descriptor: Int32
        let inode: ino_t
        var bytes: Int
    }

    private let settings: Settings
    private let file = Mutex<File?>(nil)

    public init(_ settings: Settings) { self.settings = settings }

    public func deliver(_ batch: AuditBatch, _ range: Range<Int>, within timeout: Duration) -> AuditDelivery {
        file.withLock { file in
            do throws(SpoolFault) {
                try prepare(&file)
                guard var current = file else { return .unavailable("no file") }
                defer { file = current }
                try append(batch.lines(range), to: &current)
                if settings.synchronises, fdatasync(current.descriptor) != 0 {
                    throw .last("write to the disk", settings.path)
                }
                return .delivered
            } catch {
                return .unavailable(error.description)
            }
        }
    }

    public func close() {
        file.withLock { file in
            if let current = file { Foundation.close(current.descriptor) }
            file = nil
        }
    }

    /// Opens the file, or another one when it was moved away or has grown large.
    private func prepare(_ file: inout File?) throws(SpoolFault) {
        if let current = file {
            var status = stat()
            let isThere = lstat(settings.path, &status) == 0 && status.st_ino == current.inode
            if isThere, current.bytes < settings.maximumBytes { return }
            Foundation.close(current.descriptor)
            file = nil
            if isThere { try rotate() }
        }
        file = try open()
        if let current = file, current.bytes >= settings.maximumBytes {
            Foundation.close(current.descriptor)
            file = nil
            try rotate()
            file = try open()
        }
    }

    private func open() throws(SpoolFault) -> File {
        let descriptor = Foundation.open(settings.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last("open", settings.path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            Foundation.close(descriptor)
            throw .last("look at", settings.path)
        }
        var file = File(descriptor: descriptor, inode: status.st_ino, bytes: Int(status.st_size))
        var last: UInt8 = 0x0a
        if file.bytes > 0, pread(descriptor, &last, 1, off_t(file.bytes - 1)) == 1, last != 0x0a {
            // The process ended within a line; the record comes again on one of its own.
            try append(ByteView("\n"), to: &file)
        }
        return file
    }

    /// Appends all of it or nothing.
    private func append(_ bytes: ByteView, to file: inout File) throws(SpoolFault) {
        var done = 0
        while done < bytes.count {
            let count = write(file.descriptor, bytes.base + done, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let fault = SpoolFault.last("write to", settings.path)
                _ = ftruncate(file.descriptor, off_t(file.bytes))
                throw fault
            }
            done += count
        }
        file.bytes += done
    }

    /// Puts the file aside under the first number that is free, and removes the oldest beyond those that are kept.
    private func rotate() throws(SpoolFault) {
        let numbers = asideNumbers()
        let next = (numbers.last ?? 0) + 1
        guard rename(settings.path, "\(settings.path).\(next)") == 0 else { throw .last("put aside", settings.path) }
        for number in numbers.dropLast(max(0, settings.kept - 1)) { unlink("\(settings.path).\(number)") }
    }

    private func asideNumbers() -> [UInt64] {
        let folder = (settings.path as NSString).deletingLastPathComponent
        let prefix = (settings.path as NSString).lastPathComponent + "."
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return names.filter { $0.hasPrefix(prefix) }.compactMap { UInt64($0.dropFirst(prefix.count)) }.sorted()
    }
}
