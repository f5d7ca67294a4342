import DataPlane
import Files
import Foundation
import GatewayCore
import Logging
import S3
import Synchronization

/// Follows which versions are deprecated: looks into the store again and again, and keeps a copy on this machine.
///
/// What was read once is served for ever: a store that is away, or has lost a snapshot, changes nothing. A mark that is gone from a store that
/// answers ends the deprecation.
final class VersionKeeper: Sendable {
    let library: VersionLibrary
    private let store: any VersionStore
    /// The store itself, or what is kept of it on this machine.
    private let folder: VersionFolder
    /// Nil where the store is on this machine.
    private let copy: VersionFolder?
    private let interval: Duration
    private let logger: Logger
    private let isAway = Mutex(false)

    /// Longest wait at the start for a store that does not answer: clients wait too.
    private static let patience = Duration.seconds(3)

    /// Nil where the configuration names no place to keep versions.
    init?(_ versions: PlatformConfiguration.Versions, library: VersionLibrary, logger: Logger) throws {
        guard let folder = versions.folder.map({ VersionFolder($0) }) else { return nil }
        self.folder = folder
        self.library = library
        self.logger = logger
        interval = versions.interval
        if let s3 = versions.s3 {
            store = try Self.store(s3)
            copy = folder
        } else {
            store = folder
            copy = nil
        }
    }

    /// The store of a configuration; nil where it names none.
    static func store(_ versions: PlatformConfiguration.Versions) throws -> (any VersionStore)? {
        if let s3 = versions.s3 { return try store(s3) }
        return versions.folder.map { VersionFolder($0) }
    }

    private static func store(_ s3: PlatformConfiguration.Versions.S3) throws -> S3Store {
        try S3Store(s3) {
            if let accessKey = s3.accessKey, let file = s3.secretKeyFile {
                let secret = try? String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
                return secret.map { S3Credentials(accessKey: accessKey, secretKey: $0) }
            }
            let environment = ProcessInfo.processInfo.environment
            guard let accessKey = environment["AWS_ACCESS_KEY_ID"], let secretKey = environment["AWS_SECRET_ACCESS_KEY"] else {
                return nil
            }
            return S3Credentials(
                accessKey: accessKey, secretKey: secretKey, sessionToken: environment["AWS_SESSION_TOKEN"])
        }
    }

    /// What is known before the first request is served: the copy, and the store's word if that comes soon.
    func prepare(_ snapshot: Snapshot) async {
        guard let copy else { return await look(snapshot) }
        var kept: [APIVersion: VersionLibrary.Kept] = [:]
        for version in candidates(snapshot) {
            if case .marked(let mark) = await mark(of: version, in: copy) {
                kept[version] = VersionLibrary.Kept(mark: mark, documents: await documents(of: version, mark, in: [copy]))
            }
        }
        library.keep(kept)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.look(snapshot) }
            tasks.addTask { try? await Task.sleep(for: Self.patience) }
            await tasks.next()
            tasks.cancelAll()
        }
    }

    /// Looks again and again until the task is cancelled.
    /// - Parameter changed: is told which versions are deprecated from now on.
    func run(_ snapshot: @Sendable () -> Snapshot, changed: @Sendable () -> Void) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: interval) } catch { return }
            let before = library.deprecated.mapValues(\.mark)
            await look(snapshot())
            let after = library.deprecated.mapValues(\.mark)
            guard before != after else { continue }
            for (version, mark) in after.sorted(by: { $0.key < $1.key }) where before[version] != mark {
                logger.notice("version deprecated", metadata: ["version": "\(version.text)", "sunset": "\(mark.sunset.text)"])
            }
            for version in before.keys.sorted() where after[version] == nil {
                logger.notice("version no longer deprecated", metadata: ["version": "\(version.text)"])
            }
            changed()
        }
    }

    // MARK: One look

    private enum Mark {
        case marked(VersionMark)
        case none
        /// Nobody can say at present.
        case unknown(String)
    }

    private func look(_ snapshot: Snapshot) async {
        var kept = library.deprecated
        var trouble: String?
        for version in candidates(snapshot) {
            if Task.isCancelled { return }
            switch await mark(of: version, in: store) {
            case .unknown(let reason): trouble = reason
            case .none:
                if kept.removeValue(forKey: version) != nil { copy?.remove(version.markName) }
            case .marked(let mark):
                if let known = kept[version], known.mark == mark, known.documents != nil { continue }
                kept[version] = await take(version, mark, former: kept[version])
            }
        }
        guard !Task.isCancelled else { return }
        library.keep(kept)
        tell(trouble)
    }

    /// What is new of a version, written to the copy too.
    private func take(
        _ version: APIVersion, _ mark: VersionMark, former: VersionLibrary.Kept?
    ) async -> VersionLibrary.Kept {
        var forms = former?.mark.digest == mark.digest ? former?.documents : nil
        if forms == nil {
            let stores: [any VersionStore] = copy.map { [$0, store] } ?? [store]
            forms = await documents(of: version, mark, in: stores, isNews: former?.mark != mark)
        }
        if let copy {
            do throws(VersionFault) {
                if let forms { try copy.replace(version.snapshotName, forms.yaml.bytes) }
                try copy.replace(version.markName, mark.json)
            } catch {
                logger.warning("the copy of \(version.text) cannot be written: \(error.message)")
            }
        }
        return VersionLibrary.Kept(mark: mark, documents: forms)
    }

    /// Versions are few and their numbers small: those that may be deprecated are asked for one by one, which needs no right to list.
    private func candidates(_ snapshot: Snapshot) -> [APIVersion] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.place)) ?? []
        let known = names.compactMap { APIVersion($0) } + library.deprecated.keys
        return library.versions(of: snapshot).union(known).max()?.upToThis ?? []
    }

    private func mark(of version: APIVersion, in store: any VersionStore) async -> Mark {
        let bytes: [UInt8]?
        do throws(VersionFault) {
            bytes = try await store.read(version.markName, maximumBytes: VersionMark.maximumBytes)
        } catch {
            return .unknown(error.message)
        }
        guard let bytes else { return .none }
        switch VersionMark.read(bytes, file: "\(store.place)/\(version.markName)") {
        case .success(let mark): return .marked(mark)
        case .failure(let fault): return .unknown(fault.message)
        }
    }

    /// The snapshot that the mark is of, from the first place that has it.
    private func documents(
        of version: APIVersion, _ mark: VersionMark, in stores: [any VersionStore], isNews: Bool = true
    ) async -> VersionLibrary.Forms? {
        var reasons: [String] = []
        for store in stores {
            do throws(VersionFault) {
                guard let yaml = try await store.read(version.snapshotName, maximumBytes: PlatformDocuments.maximumBytes),
                    VersionLibrary.digest(yaml) == mark.digest
                else {
                    reasons.append("\(store.place)/\(version.snapshotName) is not what was deprecated")
                    continue
                }
                let json = try PlatformDocuments.json(ofSnapshot: yaml, file: "\(store.place)/\(version.snapshotName)")
                return VersionLibrary.Forms(yaml: yaml, json: json, isImmutable: true)
            } catch {
                reasons.append(error.message)
            }
        }
        if isNews { logger.error("the snapshot of \(version.text) cannot be served: \(reasons.joined(separator: "; "))") }
        return nil
    }

    /// Says once that the store is away, and once that it is back.
    private func tell(_ trouble: String?) {
        let isNews = isAway.withLock { isAway in
            defer { isAway = trouble != nil }
            return isAway != (trouble != nil)
        }
        guard isNews else { return }
        if let trouble {
            logger.warning("what is known of deprecated versions stays: \(trouble)")
        } else {
            logger.notice("the store of deprecated versions answers again")
        }
    }
}
