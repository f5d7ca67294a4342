public import Documents

/// How one module stands, for operators.
public struct ModuleReport: Sendable, Hashable {
    /// What became of the version that is installed.
    public enum State: String, Sendable, CaseIterable {
        /// It is served.
        case served
        /// It has errors; an earlier version is served.
        case quarantined
        /// It has errors and there is no earlier version: the module has no routes.
        case refused
    }

    public let slug: String
    public let state: State
    /// The version in force; nil when none is.
    public let versionServed: String?
    /// The version installed; nil when its manifest does not say.
    public let versionWanted: String?
    public let title: String?
    public let origin: ModulePackage.Origin
    /// Routes in force.
    public let operations: Int
    public let findings: [Finding]
    /// Since when it stands like this, in seconds since 1970.
    public var since: Int64

    /// Whether nothing but the time differs.
    func isSame(as other: ModuleReport) -> Bool {
        var copy = other
        copy.since = since
        return copy == self
    }
}
