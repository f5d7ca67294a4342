public import Bytes

/// What matching a text against a pattern answers.
public enum PatternOutcome: Sendable {
    case match
    case noMatch
    /// The match took more steps than its limits allow. Only patterns with lookarounds or backreferences, or with very
    /// large counted repeats, come to this.
    case gaveUp
}

/// A regular expression of ECMA-262 with the flag u, as JSON Schema's `pattern` has it: found anywhere in the text.
///
/// A pattern without lookarounds and backreferences is matched by sets of states, in time that grows as the text does;
/// others by trying, with counted steps. See `docs/patterns-and-formats.md`. Immutable: every event loop uses the same one.
public final class Pattern: Sendable {
    /// The pattern as it was written.
    public let source: String
    /// Why an engine that matches by trying could take very long; nil when nothing says so.
    ///
    /// `isLinear` says whether that concerns this engine or only others that read the same document.
    public let hazard: PatternHazard?
    /// Whether the time of a match grows only as the text does, whatever the text is.
    public var isLinear: Bool { program.isRegular }
    /// About how many bytes of memory the compiled pattern takes.
    public var byteCount: Int { (table?.byteCount ?? 0) + program.byteCount }

    private let program: PatternProgram
    private let table: TransitionTable?
    private let limits: PatternLimits

    private init(_ source: String, _ parsed: PatternParser.Result, _ limits: PatternLimits) throws(PatternError) {
        self.source = source
        self.limits = limits
        let assembled = try PatternAssembler.assemble(parsed, limits)
        program = assembled.program
        var counted = false
        if program.isRegular {
            switch TransitionTable.build(program, limits) {
            case .table(let built): table = built
            case .tooLarge(let widest):
                table = nil
                counted = widest > limits.stepsPerByte
            }
        } else {
            table = nil
        }
        let finding = HazardAnalysis.run(parsed.root, assembled.numbers, program.alphabet)
        if let finding, finding.growth != .unknown || !program.isRegular {
            hazard = PatternHazard(finding.growth, offset: Self.byteOffset(finding.position, source))
        } else {
            hazard = counted ? PatternHazard(.counted, offset: 0) : nil
        }
    }

    /// Bytes before the scalar at an index.
    private static func byteOffset(_ position: Int, _ source: String) -> Int {
        source.unicodeScalars.prefix(position).reduce(0) { $0 + UTF8.width($1) }
    }

    /// Compiles a pattern; the work is bounded by the limits whatever the source is.
    public static func compile(_ source: String, limits: PatternLimits = PatternLimits()) throws(PatternError) -> Pattern {
        try Pattern(source, try PatternParser.parse(source, limits), limits)
    }

    /// Whether `source` is a pattern of ECMA-262 with the flag u and within the limits, without making ready to match.
    public static func isValid(_ source: String, limits: PatternLimits = PatternLimits()) -> Bool {
        do throws(PatternError) {
            _ = try PatternParser.parse(source, limits)
            return true
        } catch {
            return false
        }
    }

    /// Searches the text, which is UTF-8; bytes that are none count as U+FFFD. Allocates nothing once the scratch has grown.
    public func matches(_ text: ByteView, scratch: PatternScratch) -> PatternOutcome {
        if let table { return table.search(text) }
        return program.isRegular
            ? Automaton.search(program, text, limits, scratch) : Backtracker.search(program, text, limits, scratch)
    }
}
