/// How many signatures one event loop may still check in its current turn.
///
/// A signature takes 50 to 150 microseconds. A flood of tokens never seen before must not keep a loop from its other
/// connections, so requests beyond the budget wait for the next turn.
public struct VerifyBudget: Sendable {
    /// Sixteen ES256 checks are under one millisecond, the longest a turn may be held for them.
    public static let defaultPerTurn = 16

    private let perTurn: Int
    private var turn: UInt64 = 0
    private var left: Int

    /// A budget of `perTurn` checks (at least one).
    public init(perTurn: Int = Self.defaultPerTurn) {
        self.perTurn = max(1, perTurn)
        left = self.perTurn
    }

    /// Takes one check in the turn with that number; false when the turn has none left.
    public mutating func take(turn: UInt64) -> Bool {
        if turn != self.turn {
            self.turn = turn
            left = perTurn
        }
        guard left > 0 else { return false }
        left &-= 1
        return true
    }
}
