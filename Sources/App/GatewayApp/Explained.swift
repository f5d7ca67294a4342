import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TrustedHTTP

/// Asks a running gateway's admin listener what would become of a request, for `gateway explain`.
public struct Explained: Sendable {
    public struct Fault: Error {
        public let message: String
    }

    /// The admin listener's whole answer.
    public let json: String
    /// For people: a line a decision and what comes of it.
    public let text: String
    /// Whether the gateway would refuse it.
    public let isRefused: Bool

    /// - Parameter admin: Base URL of the admin listener.
    public static func ask(_ request: ExplainRequest, admin: String) async -> Result<Explained, Fault> {
        do {
            var message = HTTPClientRequest(url: admin + "/explain")
            message.method = .POST
            message.headers.add(name: "content-type", value: "application/json")
            message.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(request)))
            let asked = message
            let (status, text) = try await TrustedClient(trusting: nil).with { client in
                let response = try await client.execute(asked, timeout: .seconds(30))
                return (response.status, String(buffer: try await response.body.collect(upTo: 2 * ExplainRequest.maximumBytes)))
            }
            guard status == .ok, let root = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            else {
                return .failure(Fault(message: "\(admin) answered \(status.code): \(text)"))
            }
            return .success(
                Explained(
                    json: text, text: lines(root).joined(separator: "\n"), isRefused: root["outcome"] as? String == "refused"))
        } catch {
            return .failure(
                Fault(
                    message:
                        "\(admin) does not answer (\(HTTPFailure(error).text)); is the gateway running, and is this its admin listener?"
                ))
        }
    }

    private static func lines(_ root: [String: Any]) -> [String] {
        var lines: [String] = []
        for decision in root["decisions"] as? [[String: Any]] ?? [] {
            let mark = decision["verdict"] as? String == "passed" ? "ok" : "NO"
            let stage = decision["stage"] as? String ?? ""
            let words = words(of: decision, without: ["stage", "verdict", "others", "limits", "differences"])
            lines.append("\(mark)  \(stage.padding(toLength: 14, withPad: " ", startingAt: 0))\(words)")
            for other in decision["others"] as? [[String: Any]] ?? [] {
                lines.append("      not \(other["method"] ?? "") \(other["template"] ?? ""): \(other["lost"] ?? "")")
            }
            for limit in decision["limits"] as? [[String: Any]] ?? [] {
                let left = limit["remaining"].map { ", \($0) left" } ?? ""
                lines.append(
                    "      \(limit["name"] ?? ""): \(limit["requests"] ?? "") in \(limit["seconds"] ?? "") s, burst \(limit["burst"] ?? "")\(left)"
                )
            }
            for part in decision["differences"] as? [[String: Any]] ?? [] {
                lines.append(
                    "      \(part["field"] ?? "") \(part["pointer"] ?? "") \(part["code"] ?? "") (reported, not refused)")
            }
        }
        if let token = root["token"] as? [String: Any] { lines.append("the token says \(words(of: token, without: []))") }
        if let problem = root["problem"] as? [String: Any] {
            lines.append("refused with \(problem["status"] ?? ""): \(problem["detail"] ?? problem["title"] ?? "")")
            for part in problem["errors"] as? [[String: Any]] ?? [] {
                lines.append("      \(part["field"] ?? "") \(part["pointer"] ?? ""): \(part["message"] ?? "")")
            }
        } else if let upstream = root["upstream"] as? [String: Any] {
            lines.append("sent on: \(words(of: upstream, without: ["head", "metadata", "message", "body"]))")
            for line in upstream["head"] as? [String] ?? [] { lines.append("      \(line)") }
            for (name, value) in (upstream["metadata"] as? [String: String] ?? [:]).sorted(by: { $0.key < $1.key }) {
                lines.append("      \(name): \(value)")
            }
            if let body = upstream["body"] { lines.append("      \(body)") }
            if let message = upstream["message"],
                let json = try? JSONSerialization.data(withJSONObject: message, options: [.sortedKeys, .withoutEscapingSlashes])
            {
                lines.append("      \(String(decoding: json, as: UTF8.self))")
            }
        } else {
            lines.append("answered by the gateway itself with \(root["status"] ?? "")")
        }
        return lines
    }

    private static func words(of object: [String: Any], without: Set<String>) -> String {
        object.filter { !without.contains($0.key) }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            .joined(separator: " ")
    }
}
