/// How well a component or the whole platform is; later cases are worse.
public enum ComponentState: String, Sendable, CaseIterable, Comparable {
    case healthy
    case degraded
    case unhealthy

    private var rank: Int {
        switch self {
        case .healthy: 0
        case .degraded: 1
        case .unhealthy: 2
        }
    }

    public static func < (left: ComponentState, right: ComponentState) -> Bool { left.rank < right.rank }

    /// The HTTP status of a report whose overall state this is: 200, 207 or 503.
    public var httpStatus: Int {
        switch self {
        case .healthy: 200
        case .degraded: 207
        case .unhealthy: 503
        }
    }
}
