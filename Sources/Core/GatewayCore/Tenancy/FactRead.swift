public import Bytes

/// A fact being read, and who waits for it.
public final class FactRead {
    public let kind: FactKind
    public let tenant: TenantRecord
    /// Nil for facts of the tenant itself.
    public let user: UserRecord?
    /// Those who go on when it is settled.
    public var waiting = WaitList()
    /// Whether the fact changed after it was asked for: the answer on its way may be the old one.
    var isOutrun = false
    /// The directory's epoch and whether it was told of changes when the question went out.
    var epoch: UInt32 = 0
    var isTracked = false
    /// How often it was outrun.
    var repeats = 0

    init(_ kind: FactKind, _ tenant: TenantRecord, _ user: UserRecord?) {
        self.kind = kind
        self.tenant = tenant
        self.user = user
    }
}

/// Where facts of tenants come from, as one loop sees it.
public protocol FactSource: AnyObject {
    /// Asks for the fact. The directory's `settle` is called for it exactly once, within bounded time, and may be from inside this call.
    func read(_ read: FactRead)
}

/// What a fact is to a request.
public enum FactView<Value> {
    /// The answer; nil where the source has none.
    case known(Value?)
    /// It is being read: the same stage runs again when it is there.
    case reading(FactRead)
    /// Nobody can say at present.
    case unavailable
}
