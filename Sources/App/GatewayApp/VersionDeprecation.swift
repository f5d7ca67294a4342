public import Documents
import Foundation
public import GatewayCore

/// Deprecates a version: keeps what it offers now for ever, and says until when it is served.
public struct VersionDeprecation: Sendable {
    /// What is asked for.
    public struct Request: Sendable {
        public var version: APIVersion
        public var sunset: UTCTime
        public var link: String?
        /// Whether a date that was set before is replaced.
        public var changesSunset: Bool

        public init(version: APIVersion, sunset: UTCTime, link: String?, changesSunset: Bool) {
            self.version = version
            self.sunset = sunset
            self.link = link
            self.changesSunset = changesSunset
        }
    }

    /// What came of it.
    public struct Outcome: Sendable {
        public let mark: VersionMark
        /// Where the snapshot is.
        public let snapshot: String
        /// Whether there was a snapshot, which stays as it was.
        public let wasKept: Bool
    }

    /// Why nothing came of it.
    public enum Fault: Error, Sendable {
        /// The configuration or the documents it names have errors.
        case refused([Finding])
        /// What is asked for does not go.
        case unusable(String)
        /// The store failed.
        case failed(String)
    }

    private let loader: PlatformLoader

    public init(_ loader: PlatformLoader) { self.loader = loader }

    public func run(_ request: Request) async throws(Fault) -> Outcome {
        let outcome = await loader.load()
        guard let configuration = outcome.configuration, let snapshot = outcome.snapshot, outcome.errors.isEmpty else {
            throw .refused(outcome.errors)
        }
        let whole: Snapshot
        do {
            whole = try await loader.withRegistry(configuration) ?? snapshot
        } catch {
            throw .failed(error.message)
        }
        let store: any VersionStore
        do {
            guard let made = try VersionKeeper.store(configuration.versions) else {
                throw Fault.unusable(
                    "the configuration names no place to keep versions; add \"versions\" with \"folder\" or \"s3\"")
            }
            store = made
        } catch let fault as Fault {
            throw fault
        } catch {
            throw .unusable("\(error)")
        }
        if let marked = try await former(request.version, in: store) {
            return try await change(marked, request, wasKept: true, in: store)
        }
        let yaml: [UInt8]
        do throws(VersionFault) {
            yaml = try whole.documents.merged(request.version, base: configuration.versions.base).yaml
        } catch {
            throw .unusable(error.message)
        }
        return try await create(yaml, request, in: store)
    }

    /// What the store answers; its failure is that of the whole.
    private func asked<Value>(_ body: () async throws(VersionFault) -> Value) async throws(Fault) -> Value {
        do { return try await body() } catch { throw .failed(error.message) }
    }

    private func former(_ version: APIVersion, in store: any VersionStore) async throws(Fault) -> VersionMark? {
        try await asked { () async throws(VersionFault) in
            guard let bytes = try await store.read(version.markName, maximumBytes: VersionMark.maximumBytes) else { return nil }
            return try VersionMark.read(bytes, file: "\(store.place)/\(version.markName)").get()
        }
    }

    /// The version is deprecated already: only its date may be another.
    private func change(
        _ former: VersionMark, _ request: Request, wasKept: Bool, in store: any VersionStore
    ) async throws(Fault) -> Outcome {
        var mark = former
        mark.sunset = request.sunset
        mark.link = request.link ?? former.link
        let place = "\(store.place)/\(request.version.snapshotName)"
        guard mark != former else { return Outcome(mark: former, snapshot: place, wasKept: wasKept) }
        guard request.changesSunset else {
            throw .unusable(
                "\(request.version.text) is deprecated since \(former.deprecated.text), with its sunset at \(former.sunset.text); "
                    + "--change-sunset sets another")
        }
        let bytes = mark.json
        try await asked { () async throws(VersionFault) in try await store.replace(request.version.markName, bytes) }
        return Outcome(mark: mark, snapshot: place, wasKept: wasKept)
    }

    /// First the snapshot, then the mark that makes gateways look for it. Whoever comes second keeps what the first wrote, be it
    /// the one, the other or both.
    private func create(
        _ yaml: [UInt8], _ request: Request, in store: any VersionStore
    ) async throws(Fault) -> Outcome {
        let name = request.version.snapshotName
        let (isNew, kept) = try await asked { () async throws(VersionFault) in
            let isNew = try await store.create(name, yaml)
            // What is there counts, also where a store lets the last of two writers win.
            return (isNew, try await store.read(name, maximumBytes: PlatformDocuments.maximumBytes))
        }
        guard let kept else { throw .failed("\(store.place)/\(name) was written and is not there") }
        let mark = VersionMark(
            deprecated: UTCTime(unixSeconds: Int64(Date().timeIntervalSince1970)), sunset: request.sunset, link: request.link,
            digest: VersionLibrary.digest(kept))
        let isFirst = try await asked { () async throws(VersionFault) in
            try await store.create(request.version.markName, mark.json)
        }
        if isFirst {
            return Outcome(mark: mark, snapshot: "\(store.place)/\(name)", wasKept: !isNew)
        }
        guard let other = try await former(request.version, in: store) else {
            throw .failed("\(store.place)/\(request.version.markName) is there and cannot be read")
        }
        return try await change(other, request, wasKept: !isNew, in: store)
    }
}
