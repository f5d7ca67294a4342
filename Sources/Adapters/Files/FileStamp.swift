#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What tells one state of a file from another without reading it.
///
/// Follows symbolic links, so that a mounted configuration that is switched by replacing a link (as Kubernetes does) shows
/// another inode. The time of the last status change is included because a copy may keep the modification time.
public struct FileStamp: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: Int64
    private let modifiedNanoseconds: Int
    private let changed: Int64
    private let changedNanoseconds: Int

    /// The stamp of the file at `path`; nil when there is none or it cannot be asked.
    public init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec)
        modifiedNanoseconds = status.st_mtim.tv_nsec
        changed = Int64(status.st_ctim.tv_sec)
        changedNanoseconds = status.st_ctim.tv_nsec
    }
}

/// Tells when a file has changed and come to rest.
///
/// A change counts when two looks in a row see the same new stamp: a file that is still being written is not taken half
/// way, and one that is missing between two renames is not a change.
public struct SettledStamp: Sendable {
    /// The state last taken, nil before the first.
    public private(set) var taken: FileStamp?
    private var pending: FileStamp?

    /// Starts from a state that is known already, or from nothing.
    public init(taken: FileStamp? = nil) { self.taken = taken }

    /// Notes what a look saw; true when there is a new state to take, which from now on is the one taken.
    public mutating func observe(_ stamp: FileStamp?) -> Bool {
        guard let stamp, stamp != taken else {
            pending = nil
            return false
        }
        guard stamp == pending else {
            pending = stamp
            return false
        }
        taken = stamp
        pending = nil
        return true
    }
}
