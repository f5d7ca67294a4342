import Bytes
import Patterns

/// Compiles and searches once.
func outcome(_ pattern: String, _ text: String) throws(PatternError) -> PatternOutcome {
    let compiled = try Pattern.compile(pattern)
    return text.withByteView { compiled.matches($0, scratch: PatternScratch()) }
}

func matches(_ pattern: String, _ text: String) throws(PatternError) -> Bool { try outcome(pattern, text) == .match }

/// The error of a pattern that is refused.
func refusal(_ pattern: String, _ limits: PatternLimits = PatternLimits()) -> PatternError? {
    do throws(PatternError) {
        _ = try Pattern.compile(pattern, limits: limits)
        return nil
    } catch {
        return error
    }
}
