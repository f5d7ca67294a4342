/// What compiling and matching a pattern may cost.
public struct PatternLimits: Sendable {
    /// Longest pattern, in bytes: far beyond what people write, short enough that parsing takes under a millisecond.
    public var sourceBytes = 65_536
    /// Deepest nesting of groups, which is the depth of recursion.
    public var depth = 200
    /// Most instructions after counted repeats are written out; `^.{0,32000}$` fits, `(a{1000}){1000}` does not.
    public var instructions = 65_536
    /// Most ranges in all sets together: a hundred `\p{...}` of the largest kind.
    public var setRanges = 131_072
    /// Most entries of the transition table, two bytes each; a pattern that needs more is matched by its instructions.
    public var tableEntries = 32_768
    /// Most steps spent on building the transition table.
    public var tableSteps = 65_536
    /// Steps every match may take, besides `stepsPerByte`; a step is a few nanoseconds.
    public var steps = 500_000
    /// Steps a match may take for each byte of the text.
    public var stepsPerByte = 32
    /// Most choices and captures that a backtracking match may remember, eight bytes each.
    public var remembered = 1_048_576

    public init() {}
}
