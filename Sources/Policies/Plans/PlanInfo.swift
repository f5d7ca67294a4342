public import Bytes
import JSON

/// Why something is not a plan; safe as a metric label.
public enum PlanFault: String, Error, Sendable, CaseIterable {
    /// No JSON object within `PlanInfo.maximumBytes`.
    case json = "plan-json"
    /// `plan` is no text, or longer than `PlanInfo.maximumNameBytes`.
    case name = "plan-name"
    /// `status` is missing or none of those that are known.
    case status = "plan-status"
    /// `exceeded` is no list of names of quotas, or has more than `PlanInfo.maximumQuotas`.
    case quotas = "plan-quotas"
}

/// What a tenant has paid for, as far as the gateway acts on it. Immutable.
public final class PlanInfo: Sendable {
    /// How the subscription stands.
    public enum Status: String, Sendable, CaseIterable {
        case active = "active"
        case trialing = "trialing"
        /// Paid late; served until Billing says `suspended`.
        case pastDue = "past_due"
        case suspended = "suspended"
        case terminated = "terminated"
    }

    /// Bytes of the JSON text: members the gateway does not read (prices, features, limits) are short lists.
    public static let maximumBytes = 64 * 1024
    /// Bytes of the plan's name.
    public static let maximumNameBytes = 64
    /// Quotas that may be used up at a time. They are looked through one by one.
    public static let maximumQuotas = 256

    /// The plan's name, for listings; empty when it has none.
    public let plan: String
    /// Nil when the tenant has no subscription.
    public let status: Status?
    /// Quotas that are used up, one after the other.
    private let bytes: [UInt8]
    private let ranges: [ByteRange]

    /// The tenant has no subscription, says who must know.
    public static let missing = PlanInfo()

    private init() {
        (plan, status, bytes, ranges) = ("", nil, [], [])
    }

    /// The plan Billing describes. Throws when it is none.
    public init(plan: String, status: Status, exceeded: [String]) throws(PlanFault) {
        guard plan.utf8.count <= Self.maximumNameBytes else { throw .name }
        guard exceeded.count <= Self.maximumQuotas, exceeded.allSatisfy({ QuotaName.isName($0) }) else { throw .quotas }
        var bytes: [UInt8] = []
        var ranges: [ByteRange] = []
        for name in Set(exceeded).sorted() {
            let start = bytes.count
            bytes += Array(name.utf8)
            ranges.append(ByteRange(start, bytes.count))
        }
        (self.plan, self.status, self.bytes, self.ranges) = (plan, status, bytes, ranges)
    }

    /// The names of the quotas that are used up, sorted; for listings.
    public var exceeded: [String] { bytes.withByteView { bytes in ranges.map { String(bytes[$0]) } } }

    /// Reads the value of `plan_info:{tenantId}`: `{"plan":"pro","status":"active","exceeded":["crm.contacts"]}`.
    ///
    /// `status` is required; other members are not read. A text with two members of one name is refused (RFC 7493).
    public static func parse(_ text: ByteView) -> Result<PlanInfo, PlanFault> {
        let tape = JSONTape()
        guard tape.parse(text, limits: limits) == nil, tape.kind(0) == .object else { return .failure(.json) }
        var plan = ""
        if let node = tape.member(of: 0, named: "plan") {
            guard tape.kind(node) == .string else { return .failure(.name) }
            plan = tape.string(node)
        }
        guard let node = tape.member(of: 0, named: "status"), tape.kind(node) == .string,
            let status = Status(rawValue: tape.string(node))
        else { return .failure(.status) }
        guard let exceeded = names(tape.member(of: 0, named: "exceeded"), tape) else { return .failure(.quotas) }
        do throws(PlanFault) {
            return .success(try PlanInfo(plan: plan, status: status, exceeded: exceeded))
        } catch {
            return .failure(error)
        }
    }

    /// Room for what is not read, and for as many quotas as may be used up.
    private static let limits = JSONLimits(bytes: maximumBytes, depth: 16, nodes: 4096)

    /// The texts of a list; nil when it is none, empty without one.
    private static func names(_ list: Int?, _ tape: JSONTape) -> [String]? {
        guard let list else { return [] }
        guard tape.kind(list) == .array else { return nil }
        var names: [String] = []
        var at = list + 1
        while at < tape.end(list) {
            guard tape.kind(at) == .string else { return nil }
            names.append(tape.string(at))
            at = tape.end(at)
        }
        return names
    }

    /// Whether the quota a request draws on is used up. Allocates nothing.
    func hasExceeded(_ quota: QuotaPattern, capture: (Int) -> ByteView) -> Bool {
        if ranges.isEmpty { return false }
        return bytes.withByteView { bytes in
            for range in ranges where quota.makes(bytes[range], capture: capture) { return true }
            return false
        }
    }
}
