/// What the last probe of one component found.
public struct ComponentStatus: Sendable, Hashable {
    /// Latency above which a component that answers counts as degraded, in milliseconds.
    public static let mostHealthyLatencyMs = 2000

    /// The component's name in the report, such as `postgresql`.
    public let name: String
    public let state: ComponentState
    /// Round trip of the probe in whole milliseconds; nil when nothing answered.
    public let latencyMs: Int?
    /// Why the component is not healthy; nil when it is.
    public let error: String?
    /// Whether the platform is unhealthy when this component is; if not, it is degraded at worst.
    public let isCritical: Bool

    /// A component that answered: degraded above `mostHealthyLatencyMs`, else healthy.
    public static func answered(_ name: String, latencyMs: Int, isCritical: Bool = true) -> ComponentStatus {
        guard latencyMs > mostHealthyLatencyMs else {
            return ComponentStatus(name: name, state: .healthy, latencyMs: max(0, latencyMs), error: nil, isCritical: isCritical)
        }
        return ComponentStatus(
            name: name, state: .degraded, latencyMs: latencyMs, error: "response time > \(mostHealthyLatencyMs)ms",
            isCritical: isCritical)
    }

    /// A component that did not answer, with a reason for a human such as `connection refused`.
    public static func unreachable(_ name: String, error: String, isCritical: Bool = true) -> ComponentStatus {
        ComponentStatus(name: name, state: .unhealthy, latencyMs: nil, error: error, isCritical: isCritical)
    }

    /// A component that answered, but says of itself that it does not work fully.
    public static func impaired(_ name: String, latencyMs: Int, error: String, isCritical: Bool = true) -> ComponentStatus {
        ComponentStatus(name: name, state: .degraded, latencyMs: max(0, latencyMs), error: error, isCritical: isCritical)
    }

    /// What this component makes of the whole at worst.
    public var weight: ComponentState { isCritical ? state : min(state, .degraded) }

    /// A component that nobody probes and that is as well as it says.
    public static func reported(_ name: String, _ state: ComponentState, error: String?, isCritical: Bool) -> ComponentStatus {
        ComponentStatus(name: name, state: state, latencyMs: nil, error: error, isCritical: isCritical)
    }

    /// What two sources know of one component: the worse of both, and the words of each.
    public func merged(with other: ComponentStatus) -> ComponentStatus {
        let errors = [error, other.error].compactMap { $0 }
        return ComponentStatus(
            name: name, state: max(state, other.state), latencyMs: latencyMs ?? other.latencyMs,
            error: errors.isEmpty ? nil : errors.joined(separator: "; "), isCritical: isCritical)
    }
}
