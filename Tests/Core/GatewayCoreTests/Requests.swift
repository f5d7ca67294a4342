import Bytes
import HTTP1
import ProblemDetails
import RateLimiting
import Testing
import TokenVerification

@testable import GatewayCore

/// A head of these lines, with the token of a fixture where one is named.
func head(_ start: String, _ lines: [String] = [], token: String? = nil, host: String? = "api.example") -> String {
    var all = [start.hasSuffix("HTTP/1.0") ? start : start + " HTTP/1.1"]
    if let host { all.append("Host: \(host)") }
    if let token { all.append("Authorization: Bearer \(Fixtures.token(token))") }
    return (all + lines).joined(separator: "\r\n") + "\r\n\r\n"
}

/// A request that was just read from a connection of `peer`.
func arrived(_ head: String, from peer: String = "203.0.113.9", isSecure: Bool = false) throws -> RequestContext {
    let request = RequestContext(limits: .default)
    try arrive(request, head, from: peer, isSecure: isSecure)
    return request
}

func arrive(_ request: RequestContext, _ head: String, from peer: String = "203.0.113.9", isSecure: Bool = false) throws {
    let outcome = head.withByteView { request.parse($0, limits: .default) }
    guard case .complete = outcome else {
        Issue.record("\(outcome): \(head)")
        return
    }
    request.begin(peer: try #require(ClientAddress(peer)), isSecure: isSecure)
}

extension Pipeline {
    /// The verdict on a request in one word, with status and code where it is refused.
    func word(_ request: RequestContext) -> String {
        switch run(request) {
        case .proceed: return "proceed"
        case .wait(.verifyBudget): return "wait for budget"
        case .wait(.tokens): return "wait for tokens"
        case .wait(.auditRoom): return "wait for room"
        case .wait(.fact(let read)): return "wait for \(read.kind)"
        case .wait(.key(let key)): return "wait for key \(String(decoding: key.keyID ?? [], as: UTF8.self))"
        case .reject:
            let problem = request.problem.map { "\($0.status) \($0.slug.text)" } ?? "without a problem"
            return problem + (request.tokenFault.map { " \($0.code)" } ?? "")
        }
    }

    func word(_ text: String, from peer: String = "203.0.113.9") throws -> String { word(try arrived(text, from: peer)) }
}

/// The lines of what `body` writes, without the empty one at the end.
func lines(_ body: (ByteWriter) -> Void) -> [String] {
    let out = ByteWriter()
    body(out)
    let text = String(out.view)
    #expect(text.hasSuffix("\r\n\r\n"))
    #expect(text.firstRange(of: "\r\n\r\n")?.upperBound == text.endIndex)
    return text.split(separator: "\r\n").map(String.init)
}

/// The values of a field in order.
func values(_ name: String, _ lines: [String]) -> [String] {
    lines.dropFirst().compactMap { line in
        guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { return nil }
        return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
}

/// The head of the problem document a refused request is answered with.
func refusal(_ request: RequestContext, closes: Bool = false) throws -> [String] {
    let problem = try #require(request.problem)
    return lines { out in
        ClientResponseHead.writeOwn(
            status: problem.status, contentType: ByteView("application/problem+json"), bodyCount: 0, request: request,
            problem: problem,
            closes: closes, date: ByteView("Thu, 01 Jan 1970 00:00:00 GMT"), to: out)
    }
}

extension AppliedRates {
    /// What the last limit that spoke said.
    var last: GCRA.Decision? { (0..<count).reversed().lazy.compactMap { self.decision($0) }.first }
}
