/// Looks at a set of files once a second and tells which have changed.
///
/// Polling is chosen over the kernel's notifications: it sees renames, links that are switched and network mounts alike, and a
/// few hundred `stat` calls a second cost nothing.
public struct FileWatcher: Sendable {
    /// Quick enough for an operator who waits, slow enough to be free; a change is told at the second look that sees it.
    public static let defaultInterval = Duration.seconds(1)

    private var stamps: [(path: String, stamp: SettledStamp)]

    /// Watches the files at `paths` from their present state; those that do not exist yet count as changed once they do.
    public init(_ paths: [String]) {
        stamps = paths.map { ($0, SettledStamp(taken: FileStamp(path: $0))) }
    }

    /// The paths whose files have changed and come to rest since the last look, in the order given.
    public mutating func poll() -> [String] {
        var changed: [String] = []
        for index in stamps.indices where stamps[index].stamp.observe(FileStamp(path: stamps[index].path)) {
            changed.append(stamps[index].path)
        }
        return changed
    }

    /// Polls until the task is cancelled and calls `onChange` with the paths that changed; no call overlaps another.
    public func run<Time: Clock>(
        every interval: Duration = defaultInterval, clock: Time, onChange: @Sendable ([String]) async -> Void
    ) async where Time.Duration == Duration {
        var watcher = self
        while !Task.isCancelled {
            do { try await clock.sleep(for: interval) } catch { return }
            let changed = watcher.poll()
            if !changed.isEmpty { await onChange(changed) }
        }
    }
}
