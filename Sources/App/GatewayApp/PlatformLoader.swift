public import Documents
import Files
import Foundation
public import GatewayCore
import Synchronization

/// Reads a configuration and everything it names, from disk and from the services themselves, and compiles it.
public struct PlatformLoader: Sendable {
    /// What loading answers: both values exactly when no finding is an error.
    public struct Outcome: Sendable {
        public let configuration: PlatformConfiguration?
        public let snapshot: Snapshot?
        public let findings: [Finding]
        /// Every file that was read, for watching.
        public let files: [String]
    }

    public let file: String
    private let environment: [String: String]
    private let reflected = ReflectedDescriptors()

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
        let compiled = SnapshotCompiler.compile(configuration, file: file, source: everything, generation: generation)
        return Outcome(
            configuration: compiled.snapshot == nil ? nil : configuration, snapshot: compiled.snapshot,
            findings: loaded.findings + sets.findings + compiled.findings, files: log.paths)
    }
}

/// Which files a load read; the reading closure may run anywhere.
private final class FileLog: Sendable {
    private let names = Mutex<[String]>([])

    func note(_ path: String) { names.withLock { if !$0.contains(path) { $0.append(path) } } }

    var paths: [String] { names.withLock { $0 } }
}
