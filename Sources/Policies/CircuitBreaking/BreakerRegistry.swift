import Synchronization

/// The breakers of all services by name. A reload of the configuration asks again and gets the same ones, so nothing is forgotten.
///
/// Asked when a configuration is compiled, never by a request: there is a lock.
public final class BreakerRegistry: Sendable {
    public let windows: TenantWindows
    private let services = Mutex(Services())

    private struct Services {
        var breakers: [String: ServiceBreaker] = [:]
        var nextOrdinal = 0
    }

    /// `loops` is the number of event loops; `slots` as in `TenantWindows`.
    public init(loops: Int, slots: Int = 1 << 11) { windows = TenantWindows(loops: loops, slots: slots) }

    /// The breakers of a service; new ones when there were none or they had other settings.
    public func breaker(of service: String, settings: BreakerSettings = BreakerSettings()) -> ServiceBreaker {
        services.withLock { services in
            if let breaker = services.breakers[service], breaker.settings == settings.bounded { return breaker }
            let breaker = ServiceBreaker(settings: settings, windows: windows, ordinal: services.nextOrdinal)
            services.nextOrdinal += 1
            services.breakers[service] = breaker
            return breaker
        }
    }

    /// Forgets all services but these.
    public func keep(_ names: some Sequence<String>) {
        let names = Set(names)
        services.withLock { services in services.breakers = services.breakers.filter { names.contains($0.key) } }
    }

    /// Every service with its breakers, by name.
    public var all: [(service: String, breaker: ServiceBreaker)] {
        services.withLock { $0.breakers }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
