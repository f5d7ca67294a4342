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
        /// What the configuration and the documents it names say; those of modules are in `modules`.
        public let findings: [Finding]
        /// How the modules stand, by slug.
        public let modules: [ModuleReport]
        /// The findings that refuse something.
        public var errors: [Finding] { all.filter { $0.severity == .error } }
        /// Every finding.
        public var all: [Finding] { findings + modules.flatMap(\.findings) }
    }

    public let file: String
    private let environment: [String: String]
    private let reflected = ReflectedDescriptors()
    private let documents = LastDocuments()
    let modules: InstalledModules

    /// - Parameter environment: Settings that override the file's; nil for the process's own.
    public init(file: String, environment: [String: String]? = nil) {
        self.file = file
        let environment = environment ?? ProcessInfo.processInfo.environment
        self.environment = environment
        modules = InstalledModules(environment: environment, reflected: reflected)
    }

    public func load(generation: UInt64 = 1) async -> Outcome {
        let source = FileSource { FileReader.read($0).map(\.bytes).mapError { FileSource.Fault($0.message) } }
        let loaded = PlatformConfiguration.load(file: file, environment: environment, source: source)
        guard let configuration = loaded.configuration else {
            return Outcome(configuration: nil, snapshot: nil, findings: loaded.findings, modules: [])
        }
        let sets = await reflected.fetch(configuration.services, file: file)
        let everything = FileSource { sets.files[$0] ?? source.read($0) }
        let compiled = SnapshotCompiler.compile(
            configuration, file: file, source: everything, generation: generation,
            earlier: documents.value)
        if compiled.snapshot != nil { documents.value = compiled.documents }
        let findings = loaded.findings + sets.findings + compiled.findings
        guard let platform = compiled.platform else {
            return Outcome(configuration: nil, snapshot: nil, findings: findings, modules: [])
        }
        let faults = await modules.attach(configuration.modules, file: file)
        let installed = await modules.settle(beside: platform, generation: generation)
        return Outcome(
            configuration: configuration, snapshot: installed?.snapshot ?? compiled.snapshot, findings: findings + faults,
            modules: modules.reports)
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
