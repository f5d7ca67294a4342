import Bytes
import GatewayCore
import HTTP1
import HTTPSemantics
import JSON
import ProblemDetails
import TraceContext

/// Problem documents that services write themselves: they pass untouched except for the `traceId` they lack.
extension Exchange {
    /// Largest document that is held back until it is whole; larger ones pass as they are.
    static let maximumProblemBytes: UInt64 = 16 * 1024

    /// What becomes of an answer that may be a problem document.
    enum ForeignProblem {
        /// It passes as it is.
        case untouched
        /// Its end has not come.
        case incomplete
        /// The document to send instead is in `responseBody`.
        case rewritten
    }

    /// Looks at the answer whose head ends at `length` of `bytes`.
    func adoptProblem(_ bytes: ByteView, headBytes length: Int) -> ForeignProblem {
        guard responseHead.status >= 400, case .length(let declared) = responseHead.framing, declared <= Self.maximumProblemBytes,
            let type = responseHead.fields.first(.contentType),
            bytes[type.value].mediaType.equalsIgnoringCase("application/problem+json"),
            !responseHead.fields.contains(.contentEncoding)
        else { return .untouched }
        let end = length + Int(declared)
        guard end <= worker.limits.upstreamHead.headBytes else { return .untouched }
        guard bytes.count >= end else { return .incomplete }
        let tape = worker.pipeline.tape
        guard tape.parse(bytes[length, end]) == nil else { return .untouched }
        responseBody.removeAll()
        return ProblemWriter.write(
            upstream: tape, traceHigh: request.trace.traceHigh, traceLow: request.trace.traceLow, to: responseBody)
            ? .rewritten : .untouched
    }
}
