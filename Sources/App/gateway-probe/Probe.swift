import Bytes
import JSON

/// Answers one line: finds the operation and gives it its arguments.
struct Probe {
    /// Every operation by name; those of docs that are missing here are not implemented yet.
    private let operations: [String: Operation] = [
        "breaker": breaker, "bucket": bucket, "http1": http1, "jws": jws, "jwt": jwt, "load": load, "openapi": openAPI,
        "openapi-response": openAPIResponse, "param": param, "protojson": protojson,
        "route": route,
        "flags": flags, "schema": schema, "template": template, "trace": trace,
    ]

    /// What an operation makes of its arguments: the members of the answer.
    typealias Operation = (Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer>

    /// Deep enough for any suite; the engines have limits of their own.
    private static let limits = JSONLimits(
        bytes: LineReader.maximumBytes, depth: 512, nodes: JSONLimits.mostNodes, rejectDuplicateNames: false)

    /// The answer to one line, without a line feed.
    func answer(_ line: [UInt8]) -> [UInt8] {
        line.withByteView { line in
            let tape = JSONTape()
            if let fault = tape.parse(line, limits: Self.limits) {
                return refusal("the line is not JSON: \(fault.code.rawValue) at byte \(fault.offset)")
            }
            guard tape.kind(0) == .object else { return refusal("the line is not an object") }
            let arguments = Arguments(tape: tape, node: 0)
            let id = arguments["id"].map { Answer.json($0.raw) } ?? .null
            do throws(ProbeFault) {
                guard let operation = operations[try arguments.text("op")] else { throw ProbeFault("not implemented yet") }
                return Answer.line(id: id, try operation(arguments))
            } catch {
                return Answer.line(id: id, ["error": .text(error.message)])
            }
        }
    }

    /// The answer to a line that has no readable id.
    func refusal(_ message: String) -> [UInt8] { Answer.line(id: .null, ["error": .text(message)]) }
}

/// Why an operation could not be tried at all.
struct ProbeFault: Error {
    let message: String

    init(_ message: String) { self.message = message }
}
