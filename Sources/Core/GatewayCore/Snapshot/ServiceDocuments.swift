import Documents
import Synchronization

/// The files that services were compiled from without an error, by service and path.
public struct ServiceDocuments: Sendable {
    var files: [String: [String: Result<[UInt8], FileSource.Fault>]] = [:]

    public init() {}
}

/// A service whose documents are wrong.
public struct Quarantine: Sendable, Hashable {
    public let service: String
    /// Whether its last good documents are served instead; otherwise it has no routes.
    public let isServed: Bool

    public init(service: String, isServed: Bool) {
        self.service = service
        self.isServed = isServed
    }
}

/// Keeps what is read through it.
final class DocumentRecorder: Sendable {
    private let kept = Mutex<[String: Result<[UInt8], FileSource.Fault>]>([:])
    private let base: FileSource

    init(_ base: FileSource) { self.base = base }

    var source: FileSource {
        FileSource { path in
            let answer = self.base.read(path)
            self.kept.withLock { $0[path] = answer }
            return answer
        }
    }

    var files: [String: Result<[UInt8], FileSource.Fault>] { kept.withLock { $0 } }
}
