import AsyncHTTPClient
import DataPlane
import GatewayCore
import HTTPClients
import Health
import NIOCore
import NIOPosix

/// Probes the configured components in the background, so that `/health` only ever reads results.
struct HealthProber: Sendable {
    private let checks: PlatformConfiguration.HealthChecks
    private let shared: SharedState
    private let probe: HTTPProbe

    init(_ checks: PlatformConfiguration.HealthChecks, shared: SharedState, client: HTTPClient) {
        self.checks = checks
        self.shared = shared
        probe = HTTPProbe(client: client, timeout: checks.timeout)
    }

    /// Probes all components together, again and again, until the task is cancelled.
    func run() async {
        guard !checks.components.isEmpty else { return }
        while !Task.isCancelled {
            let statuses = await withTaskGroup(of: (Int, ComponentStatus).self) { tasks in
                for (index, component) in checks.components.enumerated() { tasks.addTask { (index, await probe(component)) } }
                return await tasks.reduce(into: []) { $0.append($1) }
            }
            shared.setComponents(statuses.sorted { $0.0 < $1.0 }.map(\.1))
            // Jitter: many gateways started together must not probe together.
            try? await Task.sleep(for: checks.interval * Double.random(in: 0.9...1.1))
        }
    }

    private func probe(_ component: PlatformConfiguration.Component) async -> ComponentStatus {
        switch component.kind {
        case .tcp: await connect(component)
        case .http: await ask(component)
        }
    }

    /// An answer with status 200, its head at least, within the time-out.
    private func ask(_ component: PlatformConfiguration.Component) async -> ComponentStatus {
        let start = ContinuousClock.now
        let address = component.address
        do {
            let status = try await probe.status(host: address.host, port: address.port, path: component.path)
            let passed = ContinuousClock.now - start
            guard status == 200 else {
                return .unreachable(component.name, error: "answered \(status)", isCritical: component.isCritical)
            }
            return .answered(component.name, latencyMs: Int(passed / .milliseconds(1)), isCritical: component.isCritical)
        } catch HTTPProbe.Fault.timeout {
            return .unreachable(component.name, error: "no answer within the time-out", isCritical: component.isCritical)
        } catch {
            return .unreachable(component.name, error: "connection refused", isCritical: component.isCritical)
        }
    }

    /// A connection that is accepted within the time-out.
    private func connect(_ component: PlatformConfiguration.Component) async -> ComponentStatus {
        let start = ContinuousClock.now
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.nanoseconds(Int64(checks.timeout / .nanoseconds(1))))
                .connect(host: component.address.host, port: component.address.port).get()
            let passed = ContinuousClock.now - start
            try? await channel.close()
            return .answered(component.name, latencyMs: Int(passed / .milliseconds(1)), isCritical: component.isCritical)
        } catch is ChannelError {
            return .unreachable(component.name, error: "no answer within the time-out", isCritical: component.isCritical)
        } catch {
            return .unreachable(component.name, error: "connection refused", isCritical: component.isCritical)
        }
    }
}
