/// Where modules are installed: an adapter of a folder, or of a registry.
public protocol ModuleSource: Sendable {
    /// Every package as it is now; nil when that cannot be told, which changes nothing of what is known.
    func packages() async -> [ModulePackage]?

    /// Tells every package whenever one has come, changed or gone since the last answer, until the task is cancelled.
    ///
    /// A package is told when it has come to rest, never half written. No call overlaps another.
    func run(_ changed: @escaping @Sendable ([ModulePackage]) async -> Void) async
}
