/// A pattern as instructions that both matchers run.
struct PatternProgram {
    enum Instruction {
        /// The pattern, or the body of a look, has matched.
        case match
        /// Takes one code point of the numbered set, and goes on behind it.
        case set(Int32)
        /// The same to the left.
        case setBehind(Int32)
        /// Goes on at the first; if that fails, at the second.
        case split(Int32, Int32)
        case jump(Int32)
        /// Keeps the place in the text in a slot.
        case save(Int32)
        /// Empties the slots from the first to below the second.
        case forget(Int32, Int32)
        /// Fails when the place in the text is the one in the slot: an iteration that took nothing.
        case advanced(Int32)
        case assertion(PatternNode.Assertion)
        /// Runs the body behind this instruction; goes on at `next` when it matches, or, if negative, when it does not.
        case look(next: Int32, isNegative: Bool)
        /// Takes the text of the numbered group again.
        case backreference(Int32)
        /// The same to the left.
        case backreferenceBehind(Int32)
    }

    let instructions: [Instruction]
    let alphabet: Alphabet
    /// Slots of captures, two each with the whole match's unused pair first, then those of loops.
    let slotCount: Int
    /// Whether there is neither a look nor a backreference, so that sets of states can match it.
    let isRegular: Bool
    /// Whether `\b` or `\B` looks at neighbours.
    let readsWords: Bool
    /// The number of the set `\w`, if `readsWords`.
    let wordSet: Int
    /// Whether every match begins at the start of the text.
    let startsAtTextStart: Bool
}

extension PatternProgram {
    /// About how many bytes of memory the program takes.
    var byteCount: Int { instructions.count * MemoryLayout<Instruction>.stride + alphabet.byteCount }
}
