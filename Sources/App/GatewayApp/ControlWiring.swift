import Bytes
import ControlPlane
import DataPlane
import Discovery
import EnvoyEdge
import Files
import GatewayCore
import Health
import Logging
import NIOCore
import Synchronization

/// The listener for Envoys: what each loop serves on it, what Envoys are told, and how both follow the configuration.
///
/// There is one only when the platform file has an `envoy` section.
final class ControlWiring: Sendable {
    /// How long calls may take to end when the process does; streams are ended at once.
    private static let drainSeconds = 2
    /// How often the files that resources hold are looked at; a change is told at the second look that sees it.
    private static let watchInterval = Duration.milliseconds(500)
    /// How often what Envoys refused is offered to them once more.
    private static let retryInterval = Duration.seconds(60)

    private let host: String
    private let port: Int
    private let grace: Duration
    private let plane: ControlPlane
    private let services = LoopServices()
    private let fleet: EnvoyFleet
    private let director: EnvoyDirector
    private let file: String
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var configuration: PlatformConfiguration?
        var material = EnvoyMaterial()
        /// The port on which the gateway listens, where the configuration leaves that to the system.
        var gatewayPort: Int?
    }

    /// Prepares the loops of the data plane; nothing listens yet.
    ///
    /// - Parameter file: The platform file, which findings name.
    init(
        _ envoy: PlatformConfiguration.Envoy, file: String, dataPlane: DataPlane, shared: SharedState, logger: Logger
    ) async throws {
        (host, port) = (envoy.control.host, envoy.control.port)
        grace = envoy.syncGrace
        self.file = file
        self.logger = logger
        let domain = envoy.rateLimits.domain
        let services = services
        let director = EnvoyDirector(logger: logger) { services.adopt($0) }
        let fleet = EnvoyFleet { director.take(.fleet($0)) }
        self.director = director
        self.fleet = fleet
        plane = try await ControlPlane(group: dataPlane.eventLoopGroup, loops: dataPlane.loops) { loop, index, counters in
            var methods = MethodTable()
            let discovery = DiscoveryService(fleet: fleet, identifier: "septem \(Version.current)")
            discovery.register(in: &methods)
            var limits: RateLimitService?
            if let own = dataPlane.limits(ofLoop: index) {
                let service = RateLimitService(
                    domain: domain, limiter: own.limiter, directory: own.directory, hash: shared.hash, snapshot: own.snapshot,
                    counters: counters
                ) { UInt64(max(0, MonotonicClock.nanoseconds())) }
                methods.add(RateLimitService.path, service)
                limits = service
            }
            services.add(discovery, limits, on: loop)
            let health = HealthService(services: methods.services) {
                !shared.isDraining && shared.answer(.ready).status == 200
            }
            methods.add(HealthService.path, health)
            methods.add(HealthService.watchPath, HealthWatch(health))
            return methods
        }
        let grace = grace
        shared.add(
            SharedState.Witness(
                conditions: { fleet.isBehind(grace: grace) ? .xdsSyncIncomplete : [] },
                component: { EnvoyListing(fleet, director.report.withLock { $0 }, grace: grace).component }))
    }

    /// The Envoys and what they are told.
    var listing: EnvoyListing { EnvoyListing(fleet, director.report.withLock { $0 }, grace: grace) }

    /// Listens, once there is something to tell; answers the port.
    func listen(gatewayPort: Int, _ snapshot: Snapshot, _ configuration: PlatformConfiguration) async throws -> Int {
        state.withLock { $0.gatewayPort = gatewayPort }
        adopt(snapshot, configuration)
        do {
            return try await plane.listen(host: host, port: port).port ?? 0
        } catch {
            throw GatewayProcess.StartFault.listen("\(host):\(port): \(error)")
        }
    }

    /// Follows what Envoys say, and the files that resources hold, until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.director.run() }
            tasks.addTask { await self.watch() }
            tasks.addTask {
                while (try? await Task.sleep(for: Self.retryInterval)) != nil { self.director.take(.retry) }
            }
        }
    }

    /// Certificates are replaced without anybody saying so.
    private func watch() async {
        var paths: [String] = []
        var watcher = FileWatcher(paths)
        while !Task.isCancelled {
            if let configuration = state.withLock({ $0.configuration }) {
                let named = EnvoyMaterial.paths(of: configuration)
                let isNew = named != paths
                if isNew {
                    paths = named
                    watcher = FileWatcher(paths)
                }
                if !watcher.poll().isEmpty || isNew { director.take(.material(read(configuration))) }
            }
            do { try await Task.sleep(for: Self.watchInterval) } catch { return }
        }
    }

    /// Hands every loop the limits of a new snapshot, and tells Envoys what is new. A configuration without `envoy` leaves them as
    /// they are: the listener goes with the process.
    func adopt(_ snapshot: Snapshot, _ configuration: PlatformConfiguration) {
        services.adopt(snapshot)
        guard configuration.envoy != nil else { return }
        var actual = configuration
        if actual.listen.port == 0, let port = state.withLock({ $0.gatewayPort }) { actual.listen.port = port }
        let isSame = state.withLock { state in
            defer { state.configuration = actual }
            return state.configuration == actual
        }
        // Of another configuration other files may be meant; changes of the same ones are watched for.
        director.take(.platform(snapshot, actual, isSame ? state.withLock { $0.material } : read(actual)))
    }

    /// Tells Envoys which versions are deprecated.
    func adopt(_ versions: VersionTable?) { director.take(.versions(versions)) }

    /// Contents of the files; one that cannot be read keeps those it had.
    private func read(_ configuration: PlatformConfiguration) -> EnvoyMaterial {
        let (material, faults) = EnvoyMaterialReader.read(configuration, file: file)
        for fault in faults { logger.error("\(fault)") }
        return state.withLock { state in
            state.material.files.merge(material.files) { $1 }
            let paths = Set(EnvoyMaterial.paths(of: configuration))
            state.material.files = state.material.files.filter { paths.contains($0.key) }
            return state.material
        }
    }

    /// Sends Envoys elsewhere and lets calls under way finish.
    func shutDown() async { await plane.shutDown(within: Self.drainSeconds) }
}

/// What each loop serves to Envoys.
private final class LoopServices: Sendable {
    /// One loop's services.
    private struct Services {
        let discovery: DiscoveryService
        let limits: RateLimitService?
    }

    private let services = Mutex<[(loop: any EventLoop, services: NIOLoopBound<Services>)]>([])

    /// To be called on the loop.
    func add(_ discovery: DiscoveryService, _ limits: RateLimitService?, on loop: any EventLoop) {
        let bound = NIOLoopBound(Services(discovery: discovery, limits: limits), eventLoop: loop)
        services.withLock { $0.append((loop, bound)) }
    }

    func adopt(_ snapshot: Snapshot) {
        for entry in services.withLock({ $0 }) { entry.loop.execute { entry.services.value.limits?.adopt(snapshot) } }
    }

    func adopt(_ set: DiscoverySet) {
        for entry in services.withLock({ $0 }) { entry.loop.execute { entry.services.value.discovery.adopt(set) } }
    }
}
