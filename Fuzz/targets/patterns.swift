import Bytes
import Patterns

nonisolated(unsafe) private let scratch = PatternScratch()

/// A pattern and a text, split at the first NUL. The table, the sets of states and the matcher that tries agree; faults have a place.
func fuzz(_ input: ByteView) {
    guard let split = input.firstIndex(of: 0) else { return }
    let source = String(input[0, split])
    let text = input[split + 1, input.count]
    guard let pattern = compile(source) else {
        expect(!source.isEmpty, "the empty pattern is one")
        return
    }
    expect(Pattern.isValid(source), "what compiles is valid")
    let outcome = withExactCopy(text) { pattern.matches($0, scratch: scratch) }
    if let hazard = pattern.hazard { expect(hazard.offset <= source.utf8.count, "a hazard lies inside the pattern") }
    guard outcome != .gaveUp else { return }

    var limits = PatternLimits()
    limits.tableEntries = 0
    agree(outcome, compile(source, limits), text, "the table matches as the states do")
    // A lookahead makes the whole pattern a matter of trying, and changes nothing of what is found.
    agree(outcome, compile("(?=\(source))"), text, "trying matches as the states do")
    agree(outcome, compile("(?:\(source))"), text, "a group changes nothing")
}

private func agree(_ outcome: PatternOutcome, _ other: Pattern?, _ text: ByteView, _ property: String) {
    // Wrapping can pass a limit of size.
    guard let found = other?.matches(text, scratch: scratch), found != .gaveUp else { return }
    expect(found == outcome, property)
}

private func compile(_ source: String, _ limits: PatternLimits = PatternLimits()) -> Pattern? {
    do throws(PatternError) {
        return try Pattern.compile(source, limits: limits)
    } catch {
        expect(error.offset >= 0 && error.offset <= source.utf8.count, "a fault lies inside the pattern")
        return nil
    }
}
