import Files
import GatewayCore
import Synchronization

/// What changes while the gateway runs: its configuration and its modules, one after the other.
extension GatewayProcess {
    /// How often modules are tried again whose services could not be asked for their descriptors.
    private static let retryInterval = Duration.seconds(10)

    /// Follows signals and module sources until the task is cancelled.
    func followChanges(_ stop: SignalTrap) async {
        let changes = PendingChanges()
        let modules = loader.modules
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { for await _ in stop.reloads { changes.note(.configuration) } }
            for (origin, source) in modules.sources {
                tasks.addTask {
                    await source.run { packages in
                        modules.take(packages, from: origin)
                        changes.note(.modules)
                    }
                }
            }
            tasks.addTask {
                while !Task.isCancelled {
                    do { try await Task.sleep(for: Self.retryInterval) } catch { return }
                    if modules.isWorthAnotherTry { changes.note(.retry) }
                }
            }
            for await _ in changes.signals {
                let kinds = changes.take()
                if kinds.contains(.configuration) {
                    await reload()
                } else if !kinds.isEmpty {
                    await takeModules(retries: kinds.contains(.retry))
                }
            }
            tasks.cancelAll()
        }
    }
}

/// Changes that were noted and not yet dealt with; each kind counts once, however often it was noted.
private final class PendingChanges: Sendable {
    enum Kind { case configuration, modules, retry }

    /// One for any number of changes.
    let signals: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let kinds = Mutex<Set<Kind>>([])

    init() { (signals, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func note(_ kind: Kind) {
        kinds.withLock { _ = $0.insert(kind) }
        continuation.yield()
    }

    func take() -> Set<Kind> {
        kinds.withLock { kinds in
            defer { kinds = [] }
            return kinds
        }
    }
}
