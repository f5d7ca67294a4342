import Bytes
import Crypto
import DataPlane
import Foundation
import GatewayCore
import JSON
import Logging
import NIOPosix
import Synchronization

/// What the API offers in each version: deprecated ones as they are kept, others made of the documents in force when somebody asks.
final class VersionLibrary: DocumentLibrary {
    /// A version that is deprecated.
    struct Kept: Sendable {
        let mark: VersionMark
        /// Nil while neither the store nor its copy has the snapshot.
        let documents: Forms?
    }

    /// A document in both forms.
    struct Forms: Sendable {
        let yaml: APIDocument
        let json: APIDocument

        init(yaml: [UInt8], json: [UInt8], isImmutable: Bool) {
            self.yaml = APIDocument(form: .yaml, bytes: yaml, tag: VersionLibrary.tag(yaml), isImmutable: isImmutable)
            self.json = APIDocument(form: .json, bytes: json, tag: VersionLibrary.tag(json), isImmutable: isImmutable)
        }

        subscript(form: DocumentForm) -> APIDocument { form == .yaml ? yaml : json }
    }

    private let base: String
    private let logger: Logger
    private let kept = Mutex<[APIVersion: Kept]>([:])
    private let live = Mutex<LiveDocuments?>(nil)

    /// - Parameter base: What stands before a version in paths.
    init(base: String, logger: Logger) {
        self.base = base
        self.logger = logger
    }

    /// Takes which versions are deprecated from now on.
    func keep(_ versions: [APIVersion: Kept]) { kept.withLock { $0 = versions } }

    /// The deprecated versions.
    var deprecated: [APIVersion: Kept] { kept.withLock { $0 } }

    /// The versions that have operations.
    func versions(of snapshot: Snapshot) -> Set<APIVersion> { documents(of: snapshot).versions }

    /// What was made of this snapshot so far. A loop that has an older one for a moment makes its own.
    private func documents(of snapshot: Snapshot) -> LiveDocuments {
        live.withLock { live in
            if let live, live.generation == snapshot.generation { return live }
            let made = LiveDocuments(snapshot, base: base)
            if live.map({ $0.generation < snapshot.generation }) ?? true { live = made }
            return made
        }
    }

    // MARK: DocumentLibrary

    func index(of snapshot: Snapshot) -> APIDocument {
        let bytes = Array(VersionListing(deprecated, current: versions(of: snapshot)).json.utf8)
        return APIDocument(form: .json, bytes: bytes, tag: Self.tag(bytes), isImmutable: false)
    }

    func document(
        _ version: APIVersion, _ form: DocumentForm, of snapshot: Snapshot,
        _ completed: @escaping @Sendable (Result<APIDocument?, VersionFault>) -> Void
    ) {
        if let kept = deprecated[version] {
            guard let documents = kept.documents else {
                return completed(.failure(VersionFault("the snapshot of \(version.text) cannot be read")))
            }
            return completed(.success(documents[form]))
        }
        let live = documents(of: snapshot)
        guard live.versions.contains(version) else { return completed(.success(nil)) }
        live.ask(version, { completed($0.map { $0[form] }) }) { [base, logger] in
            do throws(VersionFault) {
                let document = try snapshot.documents.merged(version, base: base)
                return .success(Forms(yaml: document.yaml, json: document.json, isImmutable: false))
            } catch {
                logger.error("the documents of \(version.text) cannot be put together: \(error.message)")
                return .failure(error)
            }
        }
    }

    /// The strong entity tag of bytes.
    static func tag(_ bytes: [UInt8]) -> [UInt8] { Array("\"\(digest(bytes).prefix(32))\"".utf8) }

    /// SHA-256, in hexadecimal digits.
    static func digest(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// The documents of the versions of one snapshot, each made once for all who ask.
private final class LiveDocuments: Sendable {
    typealias Forms = VersionLibrary.Forms
    typealias Answer = Result<Forms, VersionFault>
    typealias Waiter = @Sendable (Answer) -> Void

    private enum Making {
        case under([Waiter])
        case done(Answer)
    }

    let generation: UInt64
    /// Those that have operations.
    let versions: Set<APIVersion>
    private let documents = Mutex<[APIVersion: Making]>([:])

    init(_ snapshot: Snapshot, base: String) {
        generation = snapshot.generation
        versions = Set(snapshot.operations.compactMap { APIVersion(below: base, path: $0.template) })
    }

    /// Answers at once what is known, and otherwise when it was made, on another thread.
    func ask(_ version: APIVersion, _ waiter: @escaping Waiter, _ make: @escaping @Sendable () -> Answer) {
        let (known, isFirst) = documents.withLock { documents -> (Answer?, Bool) in
            switch documents[version] {
            case .done(let answer): return (answer, false)
            case .under(let waiters):
                documents[version] = .under(waiters + [waiter])
                return (nil, false)
            case nil:
                documents[version] = .under([waiter])
                return (nil, true)
            }
        }
        if let known { return waiter(known) }
        guard isFirst else { return }
        NIOThreadPool.singleton.submit { [self] _ in
            let answer = make()
            let waiters = documents.withLock { documents -> [Waiter] in
                guard case .under(let waiters) = documents.updateValue(.done(answer), forKey: version) else { return [] }
                return waiters
            }
            for waiter in waiters { waiter(answer) }
        }
    }
}
