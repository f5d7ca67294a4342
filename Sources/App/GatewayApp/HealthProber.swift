import DataPlane
import Files
import GatewayCore
import Health

/// Probes the configured components in the background, so that `/health` only ever reads results.
struct HealthProber: Sendable {
    private let checks: PlatformConfiguration.HealthChecks
    private let shared: SharedState

    init(_ checks: PlatformConfiguration.HealthChecks, shared: SharedState) {
        self.checks = checks
        self.shared = shared
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
        var probe = ComponentProbes.make(component)
        var files = FileWatcher([component.passwordFile, component.tls?.certificateAuthorityFile].compactMap(\.self))
        while !Task.isCancelled {
            // Whatever a probe has made of its files, connections included, is made anew with new ones.
            if !files.poll().isEmpty { probe = ComponentProbes.make(component) }
            let status = await ask(probe, component)
            // A probe that was broken off at the end says nothing of the component.
            if Task.isCancelled { return }
            shared.setComponent(status, at: index)
            // Jitter: many gateways started together must not probe together, nor one gateway everybody at once.
            try? await Task.sleep(for: checks.interval * Double.random(in: 0.9...1.1))
        }
    }

    private func ask(_ probe: any ComponentProbe, _ component: PlatformConfiguration.Component) async -> ComponentStatus {
        let timeout = component.timeout ?? checks.timeout
        let start = ContinuousClock.now
        switch await Self.race(probe, timeout) {
        case .well:
            let passed = ContinuousClock.now - start
            return .answered(component.name, latencyMs: Int(passed / .milliseconds(1)), isCritical: component.isCritical)
        case .silent:
            return .unreachable(component.name, error: "no answer within the time-out", isCritical: component.isCritical)
        case .failed(let reason):
            return .unreachable(component.name, error: reason, isCritical: component.isCritical)
        }
    }

    /// The probe's answer, or silence when its time is over: a thread that blocks cannot be broken off, but need not be waited for.
    private static func race(_ probe: any ComponentProbe, _ timeout: Duration) async -> ProbeAnswer {
        let (answers, first) = AsyncStream<ProbeAnswer>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let question = Task { first.yield(await probe.ask(within: timeout)) }
        let patience = Task {
            try? await Task.sleep(for: timeout)
            first.yield(.silent)
        }
        defer {
            question.cancel()
            patience.cancel()
        }
        for await answer in answers { return answer }
        return .silent
    }
}
