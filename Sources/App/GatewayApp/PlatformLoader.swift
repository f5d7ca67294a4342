public import Documents
import Files
import Foundation
public import GatewayCore
import Synchronization

/// Reads a configuration and everything it names, from disk and from the services themselves, and compiles it.
public struct PlatformLoader: Sendable {
    /// What loading answers: both values unless the configuration itself is refused. Services whose documents are wrong are
    /// quarantined in the snapshot.
    public struct Outcome: Sendable {
        public let configuration: PlatformConfiguration?
        public let snapshot: Snapshot?
        public let findings: [Finding]
        /// The findings that refuse something.
        public var errors: [Finding] { findings.filter { $0.severity == .error } }
        /// Every file that was read, for watching.
        public let files: [String]
    }

    public let file: String
    private let environment: [String: String]
    private let reflected = ReflectedDescriptors()
    private let documents = LastDocuments()

    /// - Parameter environment: Settings that override the file's; nil for the process's own.
    public init(file: String, environment: [String: String]? = nil) {
        self.file = file
        self.environment = environment ?? ProcessInfo.processInfo.environment
    }

    public func load(generation: UInt64 = 1) async -> Outcome {
        let log = FileLog()
        let source = FileSource { path in
            log.note(path)
            return FileReader.read(path).map(\.bytes).mapError { FileSource.Fault($0.message) }
        }
        let loaded = PlatformConfiguration.load(file: file, environment: environment, source: source)
        guard let configuration = loaded.configuration else {
            return Outcome(configuration: nil, snapshot: nil, findings: loaded.findings, files: log.paths)
        }
        let sets = await reflected.fetch(for: configuration, file: file)
        let everything = FileSource { sets.files[$0] ?? source.read($0) }
        let compiled = SnapshotCompiler.compile(
            configuration, file: file, source: everything, generation: generation,
            earlier: documents.value)
        if compiled.snapshot != nil { documents.value = compiled.documents }
        return Outcome(
            configuration: compiled.snapshot == nil ? nil : configuration, snapshot: compiled.snapshot,
            findings: loaded.findings + sets.findings + compiled.findings, files: log.paths)
    }
}

/// What the services were last compiled from.
private final class LastDocuments: Sendable {
    private let last = Mutex(ServiceDocuments())

    var value: ServiceDocuments {
        get { last.withLock { $0 } }
        set { last.withLock { $0 = newValue } }
    }
}

/// Which files a load read; the reading closure may run anywhere.
private final class FileLog: Sendable {
    private let names = Mutex<[String]>([])

    func note(_ path: String) { names.withLock { if !$0.contains(path) { $0.append(path) } } }

    var paths: [String] { names.withLock { $0 } }
}
