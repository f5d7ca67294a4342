import Bytes
import Valkey

/// The right to write what IAM says of one user, staked in Valkey before IAM is asked.
///
/// Without it an answer could be overtaken: IAM is asked, IAM changes its mind and deletes the key, which is not there yet, and the
/// old answer is written after all, to be believed until its time is over. A claim is a member of the set itself: whoever deletes
/// or replaces the key, because something has changed, takes the claim away, and then the answer is not written. It goes away by itself
/// when the one who staked it does not come back.
struct PermissionClaim {
    /// How long a claim stands, in milliseconds: longer than IAM is waited for.
    static let lifeMilliseconds = 10_000

    /// The member: a hyphen, with which no permission begins, and what tells claims apart.
    let member: String

    /// The command that stakes it; answered with 1, or with 0 when there is something already.
    func writeStake(_ key: ByteView, to command: ValkeyCommand) {
        begin(Self.stake, key, to: command)
        command.append(decimal: Int64(Self.lifeMilliseconds))
    }

    /// The command that writes the answer in its place, if it still stands.
    func writeAnswer(_ key: ByteView, _ names: [String], lifeMilliseconds: Int64, to command: ValkeyCommand) {
        begin(Self.answer, key, to: command)
        command.append(decimal: max(1, lifeMilliseconds))
        if names.isEmpty { command.append(PermissionClaims.nobody) }
        for name in names { name.withByteView { command.append($0) } }
    }

    /// The command that takes it away: there is no answer.
    func writeWithdrawal(_ key: ByteView, to command: ValkeyCommand) { begin(Self.withdrawal, key, to: command) }

    private func begin(_ script: ValkeyScript, _ key: ByteView, to command: ValkeyCommand) {
        command.begin(script, keys: 1)
        command.key(key)
        member.withByteView { command.append($0) }
    }

    /// KEYS: the set. ARGV: the claim, and the milliseconds it stands.
    private static let stake = ValkeyScript(
        """
        if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
        redis.call('SADD', KEYS[1], ARGV[1])
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return 1
        """)

    /// KEYS: the set. ARGV: the claim, the milliseconds the answer is kept, then its members. Names that somebody added to the claim
    /// are newer, and stay.
    private static let answer = ValkeyScript(
        """
        if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then return 0 end
        if redis.call('SCARD', KEYS[1]) > 1 then
            redis.call('PERSIST', KEYS[1])
            redis.call('SREM', KEYS[1], ARGV[1])
            return 0
        end
        redis.call('DEL', KEYS[1])
        for i = 3, #ARGV do redis.call('SADD', KEYS[1], ARGV[i]) end
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return 1
        """)

    /// KEYS: the set. ARGV: the claim.
    private static let withdrawal = ValkeyScript("return redis.call('SREM', KEYS[1], ARGV[1])")
}

/// The claims of one loop.
struct PermissionClaims {
    /// What stands in a set of an answer without names: no permission is called so.
    static let nobody: StaticString = "-"

    private let prefix = "-" + String(UInt64.random(in: 0 ... .max), radix: 36) + "."
    private var count: UInt64 = 0

    mutating func next() -> PermissionClaim {
        count += 1
        return PermissionClaim(member: prefix + String(count))
    }

    /// Whether these members of a set are somebody's answer, and no claim nor nothing at all.
    static func areAnswer(_ names: [[UInt8]]) -> Bool { names.contains { $0.first != UInt8(ascii: "-") || $0.count == 1 } }
}
