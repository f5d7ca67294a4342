import ControlPlane
import Discovery
import EnvoyEdge
import GatewayCore
import Logging
import Synchronization

/// Decides what Envoys are told: the newest of everything, but for changes that they refuse.
///
/// What happens comes as events, on any thread, and is dealt with one after the other.
actor EnvoyDirector {
    enum Event: Sendable {
        /// There is another configuration, or other modules.
        case platform(Snapshot, PlatformConfiguration, EnvoyMaterial)
        /// Other versions are deprecated.
        case versions(VersionTable?)
        /// Files that resources hold have other contents.
        case material(EnvoyMaterial)
        case fleet(EnvoyFleet.Event)
        /// What is withheld may be offered once more.
        case retry
    }

    /// What is told now, for reports.
    struct Report: Sendable {
        var set = DiscoverySet(generation: 0, [])
        var culprits: [ChangeQuarantine<EnvoyPart>.Culprit] = []
        var isSearching = false
    }

    /// Characters of an Envoy's words that go into the log.
    private static let loggedWords = 500

    nonisolated let report = Mutex(Report())
    private nonisolated let events: AsyncStream<Event>
    private nonisolated let continuation: AsyncStream<Event>.Continuation
    private var quarantine = ChangeQuarantine<EnvoyPart>()
    private var snapshot: Snapshot?
    private var configuration: PlatformConfiguration?
    private var material = EnvoyMaterial()
    private var versions: VersionTable?
    /// The newest of everybody, accepted or not.
    private var parts: [String: EnvoyPart] = [:]
    private var generation: UInt64 = 0
    private let publish: @Sendable (DiscoverySet) -> Void
    private let logger: Logger

    /// - Parameter publish: Hands a set to the loops.
    init(logger: Logger, publish: @escaping @Sendable (DiscoverySet) -> Void) {
        self.logger = logger
        self.publish = publish
        (events, continuation) = AsyncStream.makeStream()
    }

    /// Takes an event; returns at once.
    nonisolated func take(_ event: Event) { continuation.yield(event) }

    /// Deals with events until the task is cancelled.
    func run() async { for await event in events { handle(event) } }

    private func handle(_ event: Event) {
        switch event {
        case .platform(let snapshot, let configuration, let material):
            self.snapshot = snapshot
            self.configuration = configuration
            self.material = material
            renew()
        case .material(let material):
            guard material != self.material else { return }
            self.material = material
            renew()
        case .versions(let versions):
            self.versions = versions
            renew()
        case .fleet(let event): take(event)
        case .retry:
            if quarantine.retry() { tell() }
        }
    }

    private func renew() {
        guard let snapshot, let configuration else { return }
        let before = quarantine.culprits
        parts = EnvoyResources.parts(snapshot, configuration, versions: versions, material: material, reusing: parts)
        quarantine.update(parts)
        for owner in before.keys where quarantine.culprits[owner] == nil {
            logger.notice("offered to Envoys again after a change", metadata: ["part": "\(owner)"])
        }
        tell()
    }

    /// Composes what is to be told, and tells it.
    private func tell() {
        generation += 1
        let set = DiscoverySet(generation: generation, EnvoyResources.compose(quarantine.compose(generation)))
        let culprits = quarantine.culprits.values.sorted { $0.owner < $1.owner }
        report.withLock { $0 = Report(set: set, culprits: culprits, isSearching: quarantine.isSearching) }
        publish(set)
    }

    private func take(_ event: EnvoyFleet.Event) {
        switch event {
        case .connected(let member): logger.info("an Envoy is connected", metadata: Self.metadata(member))
        case .left(let member):
            logger.info("an Envoy is gone", metadata: Self.metadata(member))
            if quarantine.left(member.id) { tell() }
        case .synchronized(let id, let generation): if quarantine.synchronized(id, with: generation) { tell() }
        case .refused(let member, let refusal): refused(member, refusal)
        }
    }

    private func refused(_ member: EnvoyFleet.Member, _ refusal: DiscoveryRefusal) {
        var metadata = Self.metadata(member)
        metadata["kind"] = "\(refusal.kind.abbreviation)"
        metadata["words"] = "\(refusal.message.prefix(Self.loggedWords))"
        logger.warning("an Envoy refuses what it is told", metadata: metadata)
        let before = quarantine.culprits
        let refused = quarantine.composition(of: refusal.generation) ?? [:]
        let isChanged = quarantine.refused(
            refusal, by: member.id, node: member.node.id,
            owners: EnvoyResources.owners(refusal.kind, refusal.names, of: refused),
            hint: refusal.kind == .routes ? EnvoyResources.suspects(refusal.message, of: refused) : [])
        for (owner, culprit) in quarantine.culprits where before[owner] == nil {
            let what = culprit.instead == nil ? "nothing of it is told" : "what it was before is told"
            logger.error(
                "a change is withheld from Envoys: \(what)", metadata: metadata.merging(["part": "\(owner)"]) { $1 })
        }
        if isChanged { tell() }
    }

    private static func metadata(_ member: EnvoyFleet.Member) -> Logger.Metadata {
        ["node": "\(member.node.id)", "peer": "\(member.peer)", "variant": "\(member.variant.rawValue)"]
    }
}
