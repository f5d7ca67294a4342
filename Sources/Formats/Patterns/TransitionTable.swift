import Bytes

/// All sets of states a regular program can be in, as a table: one look-up a code point.
struct TransitionTable {
    private static let dead: UInt16 = 0
    private static let matched: UInt16 = 1
    private static let start = 2

    private let classCount: Int
    /// Where the row of the state behind each class begins, by state.
    private let entries: [UInt16]
    /// Whether the text may end in the state.
    private let accepts: [Bool]
    private let alphabet: Alphabet

    var byteCount: Int { entries.count * 2 + accepts.count }

    /// What building a table came to.
    enum Outcome {
        case table(TransitionTable)
        /// It would be larger than the limits allow; so many steps a code point were the most until then.
        case tooLarge(widest: Int)
    }

    /// The table of a regular program.
    static func build(_ program: PatternProgram, _ limits: PatternLimits) -> Outcome {
        var builder = Builder(program, limits)
        return builder.build() ? .table(TransitionTable(program, builder)) : .tooLarge(widest: builder.widest)
    }

    private init(_ program: PatternProgram, _ builder: Builder) {
        classCount = program.alphabet.count
        alphabet = program.alphabet
        entries = builder.entries.map { UInt16(Int($0) * program.alphabet.count) }
        accepts = builder.accepts
    }

    /// Searches the text.
    func search(_ text: ByteView) -> PatternOutcome {
        // Where the row of the state begins.
        var row = Self.start &* classCount
        let matched = Int(Self.matched) &* classCount
        var at = 0
        return entries.withUnsafeBufferPointer { entries in
            alphabet.ascii.withUnsafeBufferPointer { ascii in
                while at < text.count {
                    var member: Int
                    let byte = text.base[at]
                    if byte < 0x80 {
                        member = Int(ascii[Int(byte)])
                        at &+= 1
                    } else {
                        let (point, length) = CodePoints.next(text, at)
                        member = alphabet.classOf(point)
                        at &+= length
                    }
                    row = Int(entries[row &+ member])
                    if row <= matched { return row == matched ? .match : .noMatch }
                }
                return accepts[row / classCount] ? .match : .noMatch
            }
        }
    }

    private struct Builder {
        private struct Key: Hashable {
            let states: [Int32]
            let before: Automaton.Before
        }

        private let program: PatternProgram
        private let limits: PatternLimits
        private let scratch = PatternScratch()
        private var automaton: Automaton
        private var numbers: [Key: UInt16] = [:]
        private var keys: [Key] = []
        var entries: [UInt16] = []
        var accepts: [Bool] = []
        private(set) var widest = 0

        init(_ program: PatternProgram, _ limits: PatternLimits) {
            self.program = program
            self.limits = limits
            automaton = Automaton(program, scratch)
        }

        /// Fills the table row by row; false when it grows past the limits.
        mutating func build() -> Bool {
            let classCount = program.alphabet.count
            // So many entries can be numbered.
            let mostEntries = min(limits.tableEntries, Int(UInt16.max))
            for fixed in [TransitionTable.dead, TransitionTable.matched] {
                keys.append(Key(states: [], before: .other))
                entries += [UInt16](repeating: fixed, count: classCount)
                accepts.append(fixed == TransitionTable.matched)
            }
            _ = number(Key(states: [0], before: .start))
            var row = TransitionTable.start
            while row < keys.count {
                guard (row + 1) * classCount <= mostEntries, keys.count <= Int(UInt16.max) else { return false }
                let key = keys[row]
                for member in 0..<classCount {
                    guard automaton.steps <= limits.tableSteps else { return false }
                    guard let reached = step(key, member) else {
                        entries.append(TransitionTable.matched)
                        continue
                    }
                    entries.append(target(reached, automaton.before(member)))
                }
                accepts.append(step(key, Automaton.end) == nil)
                row += 1
            }
            return true
        }

        private mutating func step(_ key: Key, _ next: Int) -> Int? {
            for (index, state) in key.states.enumerated() { scratch.current.base[index] = state }
            let before = automaton.steps
            defer { widest = max(widest, automaton.steps - before) }
            return automaton.step(key.states.count, key.before, next)
        }

        private mutating func target(_ reached: Int, _ before: Automaton.Before) -> UInt16 {
            var states = (0..<reached).map { scratch.following.base[$0] }
            if !program.startsAtTextStart { states.append(0) }
            if states.isEmpty { return TransitionTable.dead }
            states.sort()
            return number(Key(states: states, before: before))
        }

        private mutating func number(_ key: Key) -> UInt16 {
            if let known = numbers[key] { return known }
            let fresh = UInt16(truncatingIfNeeded: keys.count)
            numbers[key] = fresh
            keys.append(key)
            return fresh
        }
    }
}
