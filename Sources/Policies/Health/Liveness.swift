/// Whether the process can still do its work, judged by the heartbeats of its event loops.
///
/// A dependency that is down never matters here: a restart would not bring it back.
public enum Liveness: Sendable, Hashable {
    case alive
    case dead(reason: String)

    /// How long a loop may go without a heartbeat before it counts as stuck: far longer than any turn of a sound loop, and shorter
    /// than the patience of who probes.
    public static let stuckAfter: Duration = .seconds(10)

    /// Judges the last beats of the loops, in nanoseconds of the clock that also tells `now`.
    ///
    /// A fatal fault recorded anywhere comes first, then the loop that has been silent longest.
    public static func judge(beats: [UInt64], now: UInt64, stuckAfter: Duration = stuckAfter, fatalFault: String? = nil)
        -> Liveness
    {
        if let fatalFault { return .dead(reason: fatalFault) }
        guard let (loop, beat) = beats.enumerated().min(by: { $0.element < $1.element }), now > beat else { return .alive }
        let silence = Duration.nanoseconds(Int64(clamping: now - beat))
        guard silence > stuckAfter else { return .alive }
        return .dead(reason: "event loop \(loop) stuck for \(UptimeText.text(silence))")
    }

    /// The answer of `/live`.
    public var answer: HealthAnswer {
        switch self {
        case .alive: HealthAnswer(status: 200, body: "{\"status\":\"ok\"}")
        case .dead(let reason): HealthAnswer(status: 503, body: "{\"status\":\"error\",\"reason\":\(reason.jsonString)}")
        }
    }
}
