import Bytes

/// Matches by trying: for what no set of states can match, looks and backreferences. Counts its steps and gives up.
struct Backtracker {
    /// Something to go back to: another way to go on, or a slot's former value.
    struct Entry: BitwiseCopyable {
        /// The instruction to go on at; or below zero, minus one less the slot.
        var target: Int32
        /// The place in the text to go on from, or the slot's value.
        var value: Int32
    }

    private let instructions: UnsafeBufferPointer<PatternProgram.Instruction>
    private let program: PatternProgram
    private let text: ByteView
    private let scratch: PatternScratch
    private let slots: UnsafeMutablePointer<Int32>
    private var trailCount = 0
    private let mostRemembered: Int
    private var steps: Int

    private static let unset: Int32 = -1

    /// Searches the text for the program.
    static func search(_ program: PatternProgram, _ text: ByteView, _ limits: PatternLimits, _ scratch: PatternScratch)
        -> PatternOutcome
    {
        guard text.count < Int(Int32.max) else { return .gaveUp }
        return program.instructions.withUnsafeBufferPointer { instructions in
            scratch.slots.reserve(program.slotCount, filling: unset)
            var matcher = Backtracker(
                instructions: instructions, program: program, text: text, scratch: scratch, slots: scratch.slots.base,
                mostRemembered: limits.remembered, steps: limits.steps + limits.stepsPerByte * text.count)
            let given = matcher.steps
            let outcome = matcher.search()
            scratch.steps = given - max(0, matcher.steps)
            return outcome
        }
    }

    private init(
        instructions: UnsafeBufferPointer<PatternProgram.Instruction>, program: PatternProgram, text: ByteView,
        scratch: PatternScratch, slots: UnsafeMutablePointer<Int32>, mostRemembered: Int, steps: Int
    ) {
        self.instructions = instructions
        self.program = program
        self.text = text
        self.scratch = scratch
        self.slots = slots
        self.mostRemembered = mostRemembered
        self.steps = steps
    }

    private mutating func search() -> PatternOutcome {
        slots.update(repeating: Self.unset, count: program.slotCount)
        var start = 0
        while true {
            let outcome = run(from: 0, at: start)
            if outcome != .noMatch { return outcome }
            guard start < text.count, !program.startsAtTextStart else { return .noMatch }
            start &+= CodePoints.next(text, start).length
        }
    }

    /// Runs from an instruction to `match`; on failure everything is as it was before.
    private mutating func run(from first: Int, at start: Int) -> PatternOutcome {
        let base = trailCount
        var pc = first
        var at = start
        while true {
            steps &-= 1
            if steps < 0 { return .gaveUp }
            switch instructions[pc] {
            case .match:
                return .match
            case .set(let set):
                if let length = taken(set, at) {
                    at &+= length
                    pc &+= 1
                    continue
                }
            case .setBehind(let set):
                if let length = takenBehind(set, at) {
                    at &-= length
                    pc &+= 1
                    continue
                }
            case .split(let here, let other):
                guard remember(Entry(target: other, value: Int32(truncatingIfNeeded: at))) else { return .gaveUp }
                pc = Int(here)
                continue
            case .jump(let target):
                pc = Int(target)
                continue
            case .save(let slot):
                guard write(slot, Int32(truncatingIfNeeded: at)) else { return .gaveUp }
                pc &+= 1
                continue
            case .forget(let lower, let upper):
                steps &-= Int(upper &- lower)
                for slot in lower..<upper { guard write(slot, Self.unset) else { return .gaveUp } }
                pc &+= 1
                continue
            case .advanced(let slot):
                if slots[Int(slot)] != Int32(truncatingIfNeeded: at) {
                    pc &+= 1
                    continue
                }
            case .assertion(let assertion):
                if holds(assertion, at) {
                    pc &+= 1
                    continue
                }
            case .look(let next, let isNegative):
                let before = trailCount
                let outcome = run(from: pc &+ 1, at: at)
                if outcome == .gaveUp { return .gaveUp }
                if outcome == .match { if isNegative { undo(to: before) } else { commit(from: before) } }
                if (outcome == .match) != isNegative {
                    pc = Int(next)
                    continue
                }
            case .backreference(let group):
                if let length = repeated(group, at, behind: false) {
                    at &+= length
                    pc &+= 1
                    continue
                }
            case .backreferenceBehind(let group):
                if let length = repeated(group, at, behind: true) {
                    at &-= length
                    pc &+= 1
                    continue
                }
            }
            guard let entry = back(to: base) else { return .noMatch }
            pc = Int(entry.target)
            at = Int(entry.value)
        }
    }

    // MARK: - The trail

    private mutating func remember(_ entry: Entry) -> Bool {
        guard trailCount < mostRemembered else { return false }
        scratch.trail.reserve(trailCount &+ 1, filling: Entry(target: 0, value: 0))
        scratch.trail.base[trailCount] = entry
        trailCount &+= 1
        return true
    }

    private mutating func write(_ slot: Int32, _ value: Int32) -> Bool {
        guard remember(Entry(target: -1 &- slot, value: slots[Int(slot)])) else { return false }
        slots[Int(slot)] = value
        return true
    }

    /// The last other way that is left, with the slots as they were then; nil when none is.
    private mutating func back(to base: Int) -> Entry? {
        while trailCount > base {
            trailCount &-= 1
            let entry = scratch.trail.base[trailCount]
            if entry.target >= 0 { return entry }
            slots[Int(-1 &- entry.target)] = entry.value
        }
        return nil
    }

    private mutating func undo(to base: Int) {
        while back(to: base) != nil {}
    }

    /// Gives up the other ways since `base` but keeps what the slots were: a look that has matched is not tried again.
    private mutating func commit(from base: Int) {
        var kept = base
        for index in base..<trailCount where scratch.trail.base[index].target < 0 {
            scratch.trail.base[kept] = scratch.trail.base[index]
            kept &+= 1
        }
        steps &-= trailCount &- base
        trailCount = kept
    }

    // MARK: - The text

    private func taken(_ set: Int32, _ at: Int) -> Int? {
        guard at < text.count else { return nil }
        let (point, length) = CodePoints.next(text, at)
        return program.alphabet.contains(Int(set), program.alphabet.classOf(point)) ? length : nil
    }

    private func takenBehind(_ set: Int32, _ at: Int) -> Int? {
        guard at > 0 else { return nil }
        let (point, length) = CodePoints.previous(text, at)
        return program.alphabet.contains(Int(set), program.alphabet.classOf(point)) ? length : nil
    }

    private func holds(_ assertion: PatternNode.Assertion, _ at: Int) -> Bool {
        switch assertion {
        case .textStart: return at == 0
        case .textEnd: return at == text.count
        case .wordBoundary, .notWordBoundary:
            let before = at > 0 && Self.isWord(text[at &- 1])
            let behind = at < text.count && Self.isWord(text[at])
            return (before != behind) == (assertion == .wordBoundary)
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool { ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "_") }

    /// How many bytes the group's text takes here, zero when the group has not matched, nil when other text is here.
    private mutating func repeated(_ group: Int32, _ at: Int, behind: Bool) -> Int? {
        let start = slots[Int(2 &* group)]
        let end = slots[Int(2 &* group &+ 1)]
        guard start != Self.unset, end != Self.unset, start < end else { return 0 }
        let length = Int(end &- start)
        let from = behind ? at &- length : at
        guard from >= 0, from &+ length <= text.count else { return nil }
        // Comparing takes time too.
        steps &-= length >> 4
        return text[from, from &+ length] == text[Int(start), Int(end)] ? length : nil
    }
}
