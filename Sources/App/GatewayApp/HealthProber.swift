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
        probe = HTTPProbe(client: client)
    }

    /// Probes every component again and again until the task is cancelled. Each has a round of its own: one that hangs delays
    /// nobody else.
    func run() async {
        shared.setComponents(count: checks.components.count)
        await withDiscardingTaskGroup { tasks in
            for (index, component) in checks.components.enumerated() { tasks.addTask { await watch(component, at: index) } }
        }
    }

    private func watch(_ component: PlatformConfiguration.Component, at index: Int) async {
        while !Task.isCancelled {
            let status = await probe(component)
            // A probe that was broken off at the end says nothing of the component.
            if Task.isCancelled { return }
            shared.setComponent(status, at: index)
            // Jitter: many gateways started together must not probe together, nor one gateway everybody at once.
            try? await Task.sleep(for: checks.interval * Double.random(in: 0.9...1.1))
        }
    }

    private func timeout(of component: PlatformConfiguration.Component) -> Duration { component.timeout ?? checks.timeout }

    private func probe(_ component: PlatformConfiguration.Component) async -> ComponentStatus {
        switch component.kind {
        case .tcp: await connect(component)
        case .http, .clickhouse, .gofeatureflag, .envoy: await ask(component)
        }
    }

    /// An answer with status 200, its head at least, within the time-out.
    private func ask(_ component: PlatformConfiguration.Component) async -> ComponentStatus {
        let start = ContinuousClock.now
        let address = component.address
        do {
            let status = try await probe.status(
                host: address.host, port: address.port, path: component.path, timeout: timeout(of: component))
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
                .connectTimeout(.nanoseconds(Int64(timeout(of: component) / .nanoseconds(1))))
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
