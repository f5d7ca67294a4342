import ControlMessages
import RateLimiting

/// The limits that requests bring along, compiled: a few that come again and again.
///
/// A place for each by its numbers; one that comes to a taken place takes it, which costs an allocation and changes nothing else, for a
/// limit has no state.
final class SuppliedLimits {
    private static let places = 256
    /// Names the limits in keys of Valkey, apart from the configured ones.
    private static let scope = "rls"

    private var kept = [(supplied: RateLimitRequest.SuppliedLimit, limit: Limit)?](repeating: nil, count: places)

    /// The seconds of an `envoy.type.v3.RateLimitUnit`; nil for one that is none.
    static func seconds(ofUnit unit: UInt32) -> Int? {
        switch unit {
        case 1: 1
        case 2: 60
        case 3: 3600
        case 4: 86_400
        // Thirty days, and a year's.
        case 5: 2_592_000
        case 6: 31_536_000
        default: nil
        }
    }

    /// The limit; nil when nothing is let through, or the unit is none.
    func limit(_ supplied: RateLimitRequest.SuppliedLimit) -> Limit? {
        let place = Int(truncatingIfNeeded: (supplied.requestsPerUnit ^ supplied.unit &* 0x9e37_79b1) % UInt32(Self.places))
        if let entry = kept[place], entry.supplied == supplied { return entry.limit }
        guard let rate = Self.rate(supplied) else { return nil }
        let limit = Limit(rate: rate, scope: Self.scope)
        kept[place] = (supplied, limit)
        return limit
    }

    private static func rate(_ supplied: RateLimitRequest.SuppliedLimit) -> BucketRate? {
        guard let seconds = seconds(ofUnit: supplied.unit), supplied.requestsPerUnit > 0 else { return nil }
        let quota = min(Int(supplied.requestsPerUnit), BucketRate.mostTokens)
        if seconds <= BucketRate.mostFillSeconds { return BucketRate(quota: quota, windowSeconds: seconds) }
        // A bucket fills in ten days at most: of longer units it holds that part. One second less, because the time of a token is
        // rounded up.
        let part = max(1, quota * BucketRate.mostFillSeconds / seconds)
        return BucketRate(quota: part, windowSeconds: BucketRate.mostFillSeconds - 1)
    }
}
