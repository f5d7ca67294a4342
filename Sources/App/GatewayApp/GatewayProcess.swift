import AdminAPI
import AsyncHTTPClient
import Bytes
import DataPlane
public import Documents
import Foundation
import GatewayCore
import HTTPClients
import Health
public import Logging
import NIOCore
import NIOPosix
import NIOSSL
import RateLimiting
import Synchronization
import TokenVerification

/// The running gateway: configuration to wiring to lifecycle.
public final class GatewayProcess: Sendable {
    /// Why the gateway could not start.
    public enum StartFault: Error {
        /// The configuration was refused; the findings say why.
        case configuration([Finding])
        /// The address is taken or not ours.
        case listen(String)
        /// A certificate or key could not be used.
        case tls(String)
        /// The audit trail has no place to write to.
        case audit(String)
        /// The store of tenants cannot be spoken to as configured.
        case valkey(String)
        /// The store of deprecated versions cannot be spoken to as configured.
        case versions(String)
        /// The source of flags cannot be spoken to as configured.
        case flags(String)
    }

    let loader: PlatformLoader
    let logger: Logger
    private let configuration: PlatformConfiguration
    private let shared: SharedState
    private let keys: KeyStore
    private let plane: DataPlane
    /// Nil without Envoys in front.
    private let control: ControlWiring?
    /// Nil without an audit trail.
    private let audit: AuditWiring?
    private let library: VersionLibrary
    /// Nil where nothing is deprecated, for want of a place.
    private let versions: VersionKeeper?
    /// Nil where every flag is off.
    private let flags: FlagKeeper?
    private let client: HTTPClient
    /// Nil without a Valkey.
    private let valkey: ValkeySettings?
    private let authorities: AuthorityWiring
    private let generation = Atomic<UInt64>(1)
    private let current: Mutex<DataPlaneSnapshot>
    /// The configuration of the last reload; what needs a new process is that of the start.
    private let inForce: Mutex<PlatformConfiguration>
    /// Nil where clients connect without TLS.
    private let tls: ServerTLS?

    /// Loads everything and prepares the loops; nothing listens before `run`.
    public init(loader: PlatformLoader, logger: Logger) async throws {
        let outcome = await loader.load()
        guard let configuration = outcome.configuration, let snapshot = outcome.snapshot, snapshot.mayStart else {
            throw StartFault.configuration(outcome.findings)
        }
        let logger = Self.logger(logger, level: configuration.logLevel)
        Self.log(outcome.findings, snapshot.quarantined, to: logger)
        let valkey = try configuration.valkey.map { try ValkeySettings($0) }
        self.valkey = valkey
        let whole = try await loader.followRegistry(configuration, valkey, to: logger) ?? snapshot
        ModuleLog.write(loader.modules.reports, to: logger)
        self.loader = loader
        self.logger = logger
        self.configuration = configuration
        inForce = Mutex(configuration)
        let hash = KeyedHash(seed: .random(in: .min ... .max))
        let loops = configuration.loops ?? System.coreCount
        let audit: AuditWiring? =
            if let configured = configuration.audit { try AuditWiring(configured, loops: loops, logger: logger) } else { nil }
        self.audit = audit
        library = VersionLibrary(base: configuration.versions.base, logger: logger)
        do {
            versions = try VersionKeeper(configuration.versions, library: library, logger: logger)
        } catch {
            throw StartFault.versions("\(error)")
        }
        let tenancy = try TenantWiring(configuration, valkey, hash: hash)
        authorities = tenancy.authorities
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: JWKSFetcher.configuration)
        self.client = client
        let relay = RingRelay()
        let keys = KeyStore(publish: { relay.publish($0) }, report: { KeyEventLog.write($0, to: logger) })
        keys.setIssuers(IssuerWiring.issuers(of: configuration, client: client))
        await keys.loadDue()
        self.keys = keys
        self.shared = SharedState(
            loops: loops, version: Version.current, hash: hash, buckets: LocalBucketTable(),
            keyRequest: { key, completed in
                if !keys.requestRefresh(key, completion: { completed($0) }) { completed(nil) }
            },
            breakerReport: { BreakerEventLog.write($2, of: $0, tenant: $1, to: logger) }, audit: audit?.trail,
            documents: library, makeTenants: tenancy.makeTenants)
        shared.require(whole.services.filter(\.isRequired).map(\.name))
        do {
            tls = try configuration.listen.tls.map { try ServerTLS($0) }
            let prepared = try DataPlaneSnapshot(whole)
            current = Mutex(prepared)
            plane = try DataPlane(loops: loops, snapshot: prepared, ring: keys.ring, shared: shared)
        } catch {
            await tenancy.authorities.shutDown()
            try? await client.shutdown()
            throw StartFault.tls("\(error)")
        }
        do {
            let plane = plane
            flags = try configuration.flags.map { configured in
                try FlagKeeper(configured, valkey: valkey, logger: logger) { plane.adopt($0) }
            }
        } catch {
            throw StartFault.flags("\(error)")
        }
        if let flags {
            shared.add(SharedState.Witness(conditions: { flags.conditions }, component: { nil }))
        }
        if let envoy = configuration.envoy {
            control = try await ControlWiring(envoy, file: loader.file, dataPlane: plane, shared: shared, logger: logger)
        } else {
            control = nil
        }
        relay.connect(plane)
    }

    private static func logger(_ logger: Logger, level: PlatformConfiguration.LogLevel) -> Logger {
        var leveled = logger
        leveled.logLevel = Logger.Level(rawValue: level.rawValue) ?? .info
        return leveled
    }

    private static func log(_ findings: [Finding], _ quarantined: [Quarantine], to logger: Logger) {
        for finding in findings { logger.log(level: finding.severity == .error ? .error : .warning, "\(finding)") }
        for entry in quarantined {
            let what = entry.isServed ? "its last good documents are served" : "none of its routes are served"
            logger.error("service quarantined: \(what)", metadata: ["service": "\(entry.service)"])
        }
    }

    /// Serves until `stop` says so, then drains. `started` is told the bound addresses.
    public func run(stop: SignalTrap, started: @escaping @Sendable (_ gateway: String, _ adminPort: Int) -> Void) async throws {
        do {
            try await serve(stop: stop, started: started)
        } catch {
            await endClients()
            throw error
        }
        await endClients()
    }

    private func endClients() async {
        await authorities.shutDown()
        try? await client.shutdown()
    }

    private func serve(stop: SignalTrap, started: @escaping @Sendable (_ gateway: String, _ adminPort: Int) -> Void) async throws
    {
        audit?.start()
        await versions?.prepare(current.withLock { $0.snapshot })
        adoptVersions()
        await flags?.prepare()
        let listen = configuration.listen
        let address: SocketAddress
        do {
            let context: (@Sendable () -> NIOSSLContext)? = if let tls { { tls.context } } else { nil }
            address = try await plane.listen(host: listen.host, port: listen.port, tls: context)
        } catch {
            throw StartFault.listen("\(listen.host):\(listen.port): \(error)")
        }
        if let control {
            let port = try await control.listen(
                gatewayPort: address.port ?? 0, current.withLock { $0.snapshot }, configuration)
            logger.notice("listening for Envoys", metadata: ["port": "\(port)"])
        }
        let admin = AdminServer(
            host: configuration.admin.host, port: configuration.admin.port, resources: adminResources(),
            actions: [explainAction()])
        let prober = HealthProber(configuration.health, shared: shared)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.keys.run() }
            tasks.addTask { await prober.run() }
            if let tls { tasks.addTask { await tls.run(self.logger) } }
            if let flags { tasks.addTask { await flags.run() } }
            if let valkey { tasks.addTask { await valkey.followFiles(self.logger) } }
            if let versions {
                tasks.addTask {
                    await versions.run({ self.current.withLock { $0.snapshot } }, changed: { self.adoptVersions() })
                }
            }
            if let control { tasks.addTask { await control.run() } }
            tasks.addTask {
                do {
                    try await admin.run { port in started("\(listen.host):\(address.port ?? 0)", port) }
                } catch is CancellationError {
                } catch {
                    let configured = self.configuration.admin
                    throw StartFault.listen("\(configured.host):\(configured.port): \(error)")
                }
            }
            tasks.addTask { await self.followChanges(stop) }
            tasks.addTask { await stop.stopped() }
            // Whoever ends first ends the rest: the stop signal, or a listener that could not be bound.
            var fault: (any Error)?
            while let result = await tasks.nextResult() {
                if case .failure(let error) = result { fault = error }
                if fault != nil || stop.isStopped { break }
            }
            await self.shutDown()
            tasks.cancelAll()
            if let fault { throw fault }
        }
    }

    /// Loads the configuration again. A bad one is refused as a whole and the old one stays.
    func reload() async {
        let former = loader.modules.platform
        let outcome = await loader.load(generation: nextGeneration)
        // The end came while services were asked for their descriptors.
        guard !Task.isCancelled else { return }
        Self.log(outcome.findings, outcome.snapshot?.quarantined ?? [], to: logger)
        guard let next = outcome.configuration, let snapshot = outcome.snapshot else {
            logger.error("reload refused, the configuration in force stays", metadata: ["findings": "\(outcome.findings.count)"])
            return
        }
        do {
            let prepared = try DataPlaneSnapshot(snapshot)
            keys.setIssuers(IssuerWiring.issuers(of: next, client: client))
            shared.require(snapshot.services.filter(\.isRequired).map(\.name))
            ModuleLog.write(outcome.modules.filter { $0.state != .served }, to: logger)
            inForce.withLock { $0 = next }
            adopt(prepared)
            logger.notice("configuration reloaded", metadata: ["generation": "\(snapshot.generation)"])
        } catch {
            logger.error("reload refused: \(error)")
            // The modules go on beside the platform that stays.
            _ = await loader.modules.settle(beside: former, generation: nextGeneration)
        }
    }

    /// Puts in force what became of the modules.
    func takeModules(retries: Bool) async {
        let settlement = await loader.modules.settle(beside: nil, generation: nextGeneration, retries: retries)
        guard let settlement, !Task.isCancelled,
            !settlement.changed.isEmpty || !settlement.removed.isEmpty
        else { return }
        do {
            adopt(try DataPlaneSnapshot(settlement.snapshot, after: current.withLock { $0 }))
            ModuleLog.write(settlement.changed, removed: settlement.removed, to: logger)
        } catch {
            logger.error("modules refused: \(error)")
        }
    }

    private var nextGeneration: UInt64 { generation.wrappingAdd(1, ordering: .relaxed).newValue }

    private func adopt(_ snapshot: DataPlaneSnapshot) {
        plane.adopt(snapshot)
        control?.adopt(snapshot.snapshot, inForce.withLock { $0 })
        current.withLock { $0 = snapshot }
    }

    /// Tells the loops, and Envoys, which versions are deprecated.
    private func adoptVersions() {
        let deprecated = library.deprecated.sorted { $0.key < $1.key }
        let versions = VersionTable(
            deprecated.map { VersionNotice($0.key, $0.value.mark, base: configuration.versions.base) })
        plane.adopt(versions)
        control?.adopt(versions)
    }

    private func shutDown() async {
        shared.startDraining()
        logger.notice("draining")
        let end = ContinuousClock.now + configuration.limits.shutdownTimeout
        let seconds = max(1, Int(configuration.limits.shutdownTimeout.components.seconds))
        await control?.shutDown()
        await plane.shutDown(within: seconds)
        await audit?.stop(within: max(Self.leastFlush, end - .now))
        logger.notice("stopped")
    }

    /// For the records of the last requests, however long those took: to write them to a sink that is well is a matter of milliseconds.
    private static let leastFlush = Duration.seconds(1)

    private func explainAction() -> AdminServer.Action {
        let service = ExplainService(plane: plane)
        return AdminServer.Action(
            path: "/explain", summary: "what would become of a request, as JSON", maximumBytes: ExplainRequest.maximumBytes
        ) { body in
            switch await service.explain(body) {
            case .success(let document): AdminServer.Answer(body: document)
            case .failure(let fault):
                AdminServer.Answer(
                    status: 400, contentType: "text/plain; charset=utf-8", body: Array((fault.message + "\n").utf8))
            }
        }
    }

    private func adminResources() -> [AdminServer.Resource] {
        let shared = shared
        var resources = OperationalEndpoint.allCases.map { endpoint in
            AdminServer.Resource(path: "/\(endpoint.rawValue)", summary: "the same as on the gateway, without a token") { _ in
                let answer = shared.answer(endpoint)
                return AdminServer.Answer(status: answer.status, body: answer.body)
            }
        }
        resources.append(
            AdminServer.Resource(path: "/metrics", summary: "Prometheus metrics") { [self] _ in
                AdminServer.Answer(
                    contentType: "text/plain; version=0.0.4; charset=utf-8",
                    body: Array(
                        MetricsText.render(
                            shared, current.withLock { $0.snapshot.quarantined }, loader.modules.reports, control?.listing,
                            audit?.listing, flags?.standing, version: Version.current
                        ).utf8))
            })
        resources.append(
            AdminServer.Resource(path: "/breakers", summary: "the circuit breakers as JSON") { _ in
                AdminServer.Answer(body: Array(BreakerStatus.json(shared.breakerStatuses).utf8))
            })
        resources.append(
            AdminServer.Resource(path: "/components", summary: "what health probes found and the last changes, as JSON") { _ in
                AdminServer.Answer(body: Array(shared.componentBoard.json.utf8))
            })
        resources.append(
            AdminServer.Resource(path: "/drift", summary: "how messages differ from their documents, as JSON") { _ in
                AdminServer.Answer(body: Array(DriftLog.report(shared.drift).json.utf8))
            })
        resources.append(
            AdminServer.Resource(
                path: "/denials", summary: "why known callers were refused lately, as JSON; ?id= a request or trace"
            ) {
                AdminServer.Answer(body: Array(Denial.json(DenialLog.all(shared.denials, id: $0["id"])).utf8))
            })
        resources.append(
            AdminServer.Resource(path: "/routes", summary: "the compiled routes as JSON") { [self] _ in
                AdminServer.Answer(body: Array(RouteListing(current.withLock { $0.snapshot }).json.utf8))
            })
        resources.append(
            AdminServer.Resource(path: "/modules", summary: "the modules, their versions and what is wrong with them, as JSON") {
                [self] _ in AdminServer.Answer(body: Array(ModuleListing(loader.modules.reports).json.utf8))
            })
        resources.append(
            AdminServer.Resource(path: "/versions", summary: "the versions of the API and how long they are served, as JSON") {
                [self] _ in
                let current = library.versions(of: current.withLock { $0.snapshot })
                return AdminServer.Answer(body: Array(VersionListing(library.deprecated, current: current).json.utf8))
            })
        if let flags {
            resources.append(
                AdminServer.Resource(path: "/flags", summary: "flags, where they come from and what is wrong with them, as JSON")
                { _ in
                    AdminServer.Answer(body: Array(FlagListing(flags.standing).json.utf8))
                })
        }
        if let audit {
            resources.append(
                AdminServer.Resource(path: "/audit", summary: "how the audit trail fares, as JSON") { _ in
                    AdminServer.Answer(body: Array(audit.listing.json.utf8))
                })
        }
        if let control {
            resources.append(
                AdminServer.Resource(path: "/envoy", summary: "the Envoys in front, and what they are told, as JSON") { _ in
                    AdminServer.Answer(body: Array(control.listing.json.utf8))
                })
        }
        return resources
    }
}

extension Snapshot {
    /// Whether the gateway should start at all: there is something to serve, and every service it must not be without.
    fileprivate var mayStart: Bool {
        let missing = Set(quarantined.filter { !$0.isServed }.map(\.service))
        return missing.isEmpty
            || (missing.count < services.count && !services.contains { $0.isRequired && missing.contains($0.name) })
    }
}
