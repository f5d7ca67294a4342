/// Everything `/health` says.
public struct HealthReport: Sendable, Hashable {
    public let version: String
    /// Time since the process started; written in whole seconds.
    public let uptime: Duration
    /// In the order in which they are written.
    public let components: [ComponentStatus]
    /// The circuit breakers of the services; they show what is refused and do not change the state of the whole, which the
    /// components make.
    public let breakers: [BreakerStatus]

    public init(version: String, uptime: Duration, components: [ComponentStatus], breakers: [BreakerStatus] = []) {
        (self.version, self.uptime, self.components, self.breakers) = (version, uptime, components, breakers)
    }

    /// The worst that any component makes of the whole; healthy when there is none.
    public var state: ComponentState { components.map(\.weight).max() ?? .healthy }

    /// The status and body of the answer.
    public var answer: HealthAnswer {
        var text = "{\"status\":\"\(state.rawValue)\",\"version\":\(version.jsonString)"
        text += ",\"uptime\":\"\(UptimeText.text(uptime))\",\"components\":{"
        text += components.map { "\($0.name.jsonString):\(Self.body(of: $0))" }.joined(separator: ",")
        text += "}"
        if !breakers.isEmpty { text += ",\"breakers\":{" + breakers.map(\.summary).joined(separator: ",") + "}" }
        return HealthAnswer(status: state.httpStatus, body: text + "}")
    }

    private static func body(of component: ComponentStatus) -> String {
        let latency = component.latencyMs.map(String.init) ?? "null"
        let head = "{\"status\":\"\(component.state.rawValue)\",\"latencyMs\":\(latency)"
        guard component.state != .healthy, let error = component.error else { return head + "}" }
        return head + ",\"error\":\(error.jsonString)}"
    }
}
