import Bytes

/// Matches a regular program by following all its states at once: time is bounded by the states times the text.
///
/// States are instructions. A step is from one code point to the next; which states lie behind assertions is decided when
/// the next code point is known, so that `^`, `$` and `\b` need nothing more.
struct Automaton {
    /// What stands before a place in the text, as far as assertions ask.
    enum Before: UInt8 { case start, word, other }

    /// What comes next: a class of the alphabet, or the end.
    static let end = -1

    private let program: PatternProgram
    private let scratch: PatternScratch
    private let wordSet: Int
    /// Steps taken so far.
    private(set) var steps = 0

    init(_ program: PatternProgram, _ scratch: PatternScratch) {
        self.program = program
        self.scratch = scratch
        wordSet = program.wordSet
        let count = program.instructions.count
        scratch.seen.reserve(count, filling: 0)
        for pool in [scratch.current, scratch.following, scratch.pending] { pool.reserve(count + 1, filling: 0) }
    }

    /// Follows the first `count` states of `scratch.current` over what comes next into `scratch.following`.
    ///
    /// Answers how many states are there then, or nil when the program has matched.
    mutating func step(_ count: Int, _ before: Before, _ next: Int) -> Int? {
        if scratch.generation == .max {
            scratch.seen.base.update(repeating: 0, count: scratch.seen.capacity)
            scratch.generation = 0
        }
        scratch.generation &+= 1
        let generation = scratch.generation
        let seen = scratch.seen.base
        let pending = scratch.pending.base
        let current = scratch.current.base
        let following = scratch.following.base
        return program.instructions.withUnsafeBufferPointer { instructions -> Int? in
            var reached = 0
            for index in 0..<count {
                // Every state is put here once, so there is room.
                var waiting = 0
                func follow(_ state: Int32) {
                    if seen[Int(state)] == generation { return }
                    seen[Int(state)] = generation
                    pending[waiting] = state
                    waiting &+= 1
                }
                follow(current[index])
                while waiting > 0 {
                    waiting &-= 1
                    let state = pending[waiting]
                    steps &+= 1
                    switch instructions[Int(state)] {
                    case .match: return nil
                    case .set(let set):
                        if next != Self.end, program.alphabet.contains(Int(set), next) {
                            following[reached] = state &+ 1
                            reached &+= 1
                        }
                    case .split(let here, let other):
                        follow(here)
                        follow(other)
                    case .jump(let target): follow(target)
                    case .assertion(let assertion): if holds(assertion, before, next) { follow(state &+ 1) }
                    case .save, .forget, .advanced: follow(state &+ 1)
                    // Not in a regular program.
                    case .setBehind, .look, .backreference, .backreferenceBehind: break
                    }
                }
            }
            return reached
        }
    }

    /// What stands before the place behind a code point of the class.
    func before(_ next: Int) -> Before { program.readsWords && program.alphabet.contains(wordSet, next) ? .word : .other }

    private func holds(_ assertion: PatternNode.Assertion, _ before: Before, _ next: Int) -> Bool {
        switch assertion {
        case .textStart: return before == .start
        case .textEnd: return next == Self.end
        case .wordBoundary, .notWordBoundary:
            let isWordNext = next != Self.end && program.alphabet.contains(wordSet, next)
            return ((before == .word) != isWordNext) == (assertion == .wordBoundary)
        }
    }

    /// Searches the text for the program.
    static func search(_ program: PatternProgram, _ text: ByteView, _ limits: PatternLimits, _ scratch: PatternScratch)
        -> PatternOutcome
    {
        let most = limits.steps + limits.stepsPerByte * text.count
        var automaton = Automaton(program, scratch)
        defer { scratch.steps = automaton.steps }
        scratch.current.base[0] = 0
        var count = 1
        var before = Before.start
        var at = 0
        while at < text.count {
            let (point, length) = CodePoints.next(text, at)
            let next = program.alphabet.classOf(point)
            guard let reached = automaton.step(count, before, next) else { return .match }
            guard automaton.steps <= most else { return .gaveUp }
            swap(&scratch.current, &scratch.following)
            count = reached
            before = automaton.before(next)
            at &+= length
            if !program.startsAtTextStart {
                // A match may begin here too.
                scratch.current.base[count] = 0
                count &+= 1
            } else if count == 0 {
                return .noMatch
            }
        }
        return automaton.step(count, before, end) == nil ? .match : .noMatch
    }
}
