public import Bytes
import JSON
import ProblemDetails

/// What the stages decided about one request that is explained instead of served: nothing is taken from a limit, recorded, counted or
/// sent on, and whatever would be is written down here as JSON.
///
/// Confined to the loop of its request.
public final class Explanation {
    /// What comes of a stage.
    public enum Verdict: String, Sendable {
        case passed, refused
    }

    /// Items of the array `decisions`, each with `stage`, `verdict` and what led to it.
    public let decisions = ByteWriter(capacity: 4096)
    /// The object `upstream`; empty when the request is not sent on.
    public let upstream = ByteWriter(capacity: 1024)
    /// How the request differs from its description where that is only reported, in the stage under way.
    var differences: [ProblemFieldError] = []
    /// Why a known caller was refused.
    var denial: Denial?

    public init() {}

    /// Notes what a stage decided; `describe` adds members.
    public func note(_ stage: StaticString, _ verdict: Verdict, _ describe: (ByteWriter) -> Void = { _ in }) {
        decisions.append(decisions.count == 0 ? "{\"stage\":\"" : ",{\"stage\":\"")
        decisions.append(stage)
        decisions.append("\"")
        decisions.append(member: "verdict", verdict.rawValue)
        if !differences.isEmpty {
            decisions.append(",\"differences\":[")
            for (index, error) in differences.enumerated() {
                decisions.append(index == 0 ? "{" : ",{")
                decisions.append(member: "field", error.field)
                decisions.append(member: "pointer", error.pointer)
                decisions.append(member: "code", error.code)
                decisions.append("}")
            }
            decisions.append("]")
            differences = []
        }
        if let denial {
            decisions.append(member: "missing", denial.reason.rawValue)
            decisions.append(member: "held", denial.held)
            self.denial = nil
        }
        describe(decisions)
        decisions.append("}")
    }
}
