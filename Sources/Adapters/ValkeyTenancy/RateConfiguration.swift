import Bytes
import JSON
import RateLimiting

/// The value of `rate_limit:config:{tenant}`: `{"rps":1000,"burst":200}`, where further members mean nothing; `burst` is `rps` by default.
enum RateConfiguration {
    /// Larger values are no configuration.
    private static let mostBytes = 4096

    /// The rate; nil for anything else than such an object.
    static func parse(_ text: ByteView, _ tape: JSONTape) -> BucketRate? {
        guard text.count <= mostBytes, tape.parse(text) == nil, tape.kind(0) == .object,
            let quota = number("rps", tape), let perSecond = quota
        else { return nil }
        guard let burst = number("burst", tape) else { return nil }
        return BucketRate(quota: perSecond, windowSeconds: 1, burst: burst)
    }

    /// The number of a member, nil inside where there is no such member; nil for what is no whole number.
    private static func number(_ name: StaticString, _ tape: JSONTape) -> Int?? {
        guard let member = tape.member(of: 0, named: name) else { return .some(nil) }
        guard tape.kind(member) == .number, let number = tape.int64(member) else { return nil }
        return Int(exactly: number)
    }
}
