/// Bounds on what one authority may cost the process.
public struct AuthorityLimits: Sendable, Hashable {
    /// Calls under way at a time: far below the 100 streams that HTTP/2 servers usually grant a connection.
    public var calls = 64
    /// Questions that wait for one of these calls. At some milliseconds a call a full queue is through within the timeout.
    public var questions = 1024
    /// Askers that wait for any question, under way or not: as many requests as one burst may park.
    public var askers = 16_384
    /// Names in one answer, permissions or quotas. More are refused whole: half of somebody's permissions would be a wrong answer.
    public var names = 4096
    /// Bytes of one answer: the names above at their usual length, several times over.
    public var bytes = 256 * 1024
    /// How long it is believed that the authority does not know somebody. Whoever has just been created is refused no longer.
    public var unknownTimeToLive = Duration.seconds(5)

    public init() {}

    public static let `default` = AuthorityLimits()
}
