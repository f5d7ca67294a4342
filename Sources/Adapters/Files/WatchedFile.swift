import Synchronization

/// One file that is read again when it has changed and come to rest.
public final class WatchedFile: Sendable {
    /// The file's path.
    public let path: String
    private let maximumBytes: Int
    private let stamp = Mutex(SettledStamp())

    /// Watches the file at `path`, which need not exist yet.
    public init(_ path: String, maximumBytes: Int = FileReader.defaultMaximumBytes) {
        self.path = path
        self.maximumBytes = maximumBytes
    }

    /// The contents at the first call and after each change, nil when nothing changed since; two calls see one change.
    ///
    /// A fault changes nothing: the next call tries again.
    public func contentsIfChanged() -> Result<[UInt8]?, FileFault> {
        stamp.withLock { settled in
            if settled.taken != nil {
                var looked = settled
                let isNew = looked.observe(FileStamp(path: path))
                guard isNew else {
                    settled = looked
                    return .success(nil)
                }
            }
            switch FileReader.read(path, maximumBytes: maximumBytes) {
            case .failure(let fault): return .failure(fault)
            case .success(let (bytes, stamp)):
                settled = SettledStamp(taken: stamp)
                return .success(bytes)
            }
        }
    }
}
