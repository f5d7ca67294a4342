/// Writes the instructions of a tree.
struct PatternAssembler {
    private typealias Instruction = PatternProgram.Instruction

    private var instructions: [Instruction] = []
    private var sets: [CodePointSet] = []
    private var numbers: [CodePointSet: Int32] = [:]
    private var slotCount: Int
    private var isRegular = true
    private var readsWords = false

    /// A program, and the numbers by which it calls its sets.
    struct Result {
        let program: PatternProgram
        let numbers: [CodePointSet: Int32]
    }

    /// The program of a parsed pattern; throws when it is larger than the limits allow.
    static func assemble(_ parsed: PatternParser.Result, _ limits: PatternLimits) throws(PatternError) -> Result {
        guard parsed.root.size < limits.instructions else {
            let message = "with its counted repeats written out the pattern has more than \(limits.instructions) parts"
            throw PatternError(code: .tooLarge, offset: 0, message: message)
        }
        var assembler = PatternAssembler(slotCount: 2 * (parsed.groupCount + 1))
        assembler.emit(parsed.root, behind: false)
        assembler.instructions.append(.match)
        let wordSet = assembler.readsWords ? assembler.number(.word) : 0
        guard let alphabet = Alphabet(assembler.sets) else {
            throw PatternError(code: .tooLarge, offset: 0, message: "the pattern has too many different classes")
        }
        let program = PatternProgram(
            instructions: assembler.instructions, alphabet: alphabet, slotCount: assembler.slotCount,
            isRegular: assembler.isRegular, readsWords: assembler.readsWords, wordSet: Int(wordSet),
            startsAtTextStart: parsed.root.startsAtTextStart)
        return Result(program: program, numbers: assembler.numbers)
    }

    private init(slotCount: Int) { self.slotCount = slotCount }

    private var next: Int32 { Int32(truncatingIfNeeded: instructions.count) }

    private mutating func number(_ set: CodePointSet) -> Int32 {
        if let known = numbers[set] { return known }
        let fresh = Int32(truncatingIfNeeded: sets.count)
        numbers[set] = fresh
        sets.append(set)
        return fresh
    }

    private mutating func emit(_ node: PatternNode, behind: Bool) {
        switch node {
        case .empty: break
        case .set(let set): instructions.append(behind ? .setBehind(number(set)) : .set(number(set)))
        case .sequence(let parts):
            // A lookbehind matches from right to left (ECMA-262 section 22.2.2.4).
            if behind {
                for part in parts.reversed() { emit(part, behind: behind) }
            } else {
                for part in parts { emit(part, behind: behind) }
            }
        case .choice(let options): emitChoice(options, behind: behind)
        case .capture(let group, let body):
            let first = Int32(truncatingIfNeeded: 2 * group)
            instructions.append(.save(behind ? first + 1 : first))
            emit(body, behind: behind)
            instructions.append(.save(behind ? first : first + 1))
        case .assertion(let assertion):
            if assertion == .wordBoundary || assertion == .notWordBoundary { readsWords = true }
            instructions.append(.assertion(assertion))
        case .look(let look):
            isRegular = false
            let start = instructions.count
            instructions.append(.look(next: 0, isNegative: look.isNegative))
            emit(look.body, behind: !look.isAhead)
            instructions.append(.match)
            instructions[start] = .look(next: next, isNegative: look.isNegative)
        case .backreference(let group):
            isRegular = false
            let number = Int32(truncatingIfNeeded: group)
            instructions.append(behind ? .backreferenceBehind(number) : .backreference(number))
        case .loop(let loop): emitLoop(loop, behind: behind)
        }
    }

    private mutating func emitChoice(_ options: [PatternNode], behind: Bool) {
        var exits: [Int] = []
        for (index, option) in options.enumerated() {
            guard index < options.count - 1 else {
                emit(option, behind: behind)
                break
            }
            let start = instructions.count
            instructions.append(.split(0, 0))
            emit(option, behind: behind)
            exits.append(instructions.count)
            instructions.append(.jump(0))
            instructions[start] = .split(Int32(truncatingIfNeeded: start + 1), next)
        }
        for exit in exits { instructions[exit] = .jump(next) }
    }

    private mutating func emitLoop(_ loop: PatternNode.Loop, behind: Bool) {
        for _ in 0..<loop.minimum { emitIteration(loop, behind: behind) }
        guard let maximum = loop.maximum else { return emitRepetition(loop, behind: behind) }
        guard maximum > loop.minimum else { return }
        var splits: [Int] = []
        let slot = checkSlot(loop)
        for _ in loop.minimum..<maximum {
            splits.append(instructions.count)
            instructions.append(.split(0, 0))
            emitOptional(loop, slot: slot, behind: behind)
        }
        for split in splits { instructions[split] = branch(loop, into: Int32(truncatingIfNeeded: split + 1), past: next) }
    }

    private mutating func emitRepetition(_ loop: PatternNode.Loop, behind: Bool) {
        let start = instructions.count
        instructions.append(.split(0, 0))
        emitOptional(loop, slot: checkSlot(loop), behind: behind)
        instructions.append(.jump(Int32(truncatingIfNeeded: start)))
        instructions[start] = branch(loop, into: Int32(truncatingIfNeeded: start + 1), past: next)
    }

    private func branch(_ loop: PatternNode.Loop, into: Int32, past: Int32) -> Instruction {
        loop.isGreedy ? .split(into, past) : .split(past, into)
    }

    private mutating func emitIteration(_ loop: PatternNode.Loop, behind: Bool) {
        if !loop.captures.isEmpty {
            instructions.append(
                .forget(
                    Int32(truncatingIfNeeded: 2 * loop.captures.lowerBound),
                    Int32(truncatingIfNeeded: 2 * loop.captures.upperBound)))
        }
        emit(loop.body, behind: behind)
    }

    /// An iteration beyond the minimum, which fails when it takes nothing (RepeatMatcher of ECMA-262 section 22.2.2.3.1).
    private mutating func emitOptional(_ loop: PatternNode.Loop, slot: Int32?, behind: Bool) {
        if let slot { instructions.append(.save(slot)) }
        emitIteration(loop, behind: behind)
        if let slot { instructions.append(.advanced(slot)) }
    }

    private mutating func checkSlot(_ loop: PatternNode.Loop) -> Int32? {
        guard loop.body.isNullable else { return nil }
        slotCount += 1
        return Int32(truncatingIfNeeded: slotCount - 1)
    }
}
