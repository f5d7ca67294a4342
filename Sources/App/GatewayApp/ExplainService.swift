import DataPlane
import Foundation
import GatewayCore

/// A request that is to be explained, as the admin listener takes it.
public struct ExplainRequest: Codable, Sendable {
    /// Bytes of one of these, as JSON.
    public static let maximumBytes = 8 << 20

    public var method: String
    /// A path with its query, or a whole http or https URL, whose host becomes `Host`.
    public var url: String
    /// Fields in order: name and value.
    public var headers: [[String]]?
    /// The body as text.
    public var body: String?
    /// The other end of the connection it is to come from; 127.0.0.1 without it.
    public var client: String?

    public init(method: String, url: String, headers: [[String]], body: String?, client: String?) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.client = client
    }

    /// Why it is no request that could be sent.
    struct Fault: Error {
        let message: String
    }

    /// Fields that say how a body is framed, which is decided here.
    private static let framing: Set<String> = ["content-length", "transfer-encoding", "expect", "connection"]

    /// The bytes of a request as a client would send them, without its body.
    func head() throws(Fault) -> [UInt8] {
        var target = url
        var host = "gateway"
        if let scheme = ["http://", "https://"].first(where: { url.lowercased().hasPrefix($0) }) {
            let rest = url.dropFirst(scheme.count)
            let end = rest.firstIndex { "/?".contains($0) } ?? rest.endIndex
            host = String(rest[..<end])
            target = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
        }
        target = String(target.prefix { $0 != "#" })
        var lines = ["\(method) \(target) HTTP/1.1"]
        let fields = headers ?? []
        guard fields.allSatisfy({ $0.count == 2 }) else { throw Fault(message: "each of \"headers\" is a name and a value") }
        if !fields.contains(where: { $0[0].lowercased() == "host" }) { lines.append("host: \(host)") }
        for field in fields where !Self.framing.contains(field[0].lowercased()) { lines.append("\(field[0]): \(field[1])") }
        if let body { lines.append("content-length: \(body.utf8.count)") }
        let hasBreaks = lines.contains { $0.utf8.contains { $0 == 13 || $0 == 10 || $0 == 0 } }
        guard !hasBreaks, !method.contains(" "), !target.contains(" ") else {
            throw Fault(message: "a request line or a field cannot have line breaks, and a method or target no spaces")
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// The token it brings, if any.
    var token: Substring? {
        guard let value = headers?.first(where: { $0.first?.lowercased() == "authorization" })?.last,
            value.lowercased().hasPrefix("bearer ")
        else { return nil }
        return value.dropFirst(7)
    }
}

/// Answers what would become of a request.
struct ExplainService: Sendable {
    let plane: DataPlane

    /// A JSON document, or nil with a sentence about what was asked.
    func explain(_ bytes: [UInt8]) async -> Result<[UInt8], ExplainRequest.Fault> {
        let request: ExplainRequest
        do {
            request = try JSONDecoder().decode(ExplainRequest.self, from: Data(bytes))
        } catch {
            return .failure(
                ExplainRequest.Fault(
                    message: "send {\"method\":…,\"url\":…,\"headers\":[[name,value],…],\"body\":…,\"client\":…}"))
        }
        guard let client = ClientAddress(request.client ?? "127.0.0.1") else {
            return .failure(ExplainRequest.Fault(message: "\"client\" is no IP address"))
        }
        let head: [UInt8]
        do { head = try request.head() } catch { return .failure(error) }
        let found = await plane.explain(head: head, body: Array((request.body ?? "").utf8), client: client)
        var text = "{\"decisions\":[\(found.decisions)]"
        if let token = request.token.flatMap(Self.describe) { text += ",\"token\":\(token)" }
        if found.upstream.isEmpty {
            let (status, document) = Self.answer(found.answer)
            text += ",\"outcome\":\"\(status < 400 ? "answered" : "refused")\",\"status\":\(status)"
            if let document { text += ",\"problem\":\(document)" }
        } else {
            text += ",\"outcome\":\"forwarded\",\"upstream\":\(found.upstream)"
        }
        return .success(Array((text + "}\n").utf8))
    }

    /// Status of an answer's bytes, and its body where that is a problem document.
    private static func answer(_ bytes: [UInt8]) -> (Int, String?) {
        let text = String(decoding: bytes, as: UTF8.self)
        let status = text.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0.prefix(3)) } ?? 0
        guard status >= 400, let end = text.range(of: "\r\n\r\n"), text[end.upperBound...].hasPrefix("{") else {
            return (status, nil)
        }
        return (status, String(text[end.upperBound...]))
    }

    /// Algorithm, key and issuer as the token names them, believed or not; never the token.
    private static func describe(_ token: Substring) -> String? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = object(parts[0]) else { return nil }
        let claims = object(parts[1]) ?? [:]
        var said: [String: String] = [:]
        for name in ["alg", "kid"] { said[name] = head[name] as? String }
        said["iss"] = claims["iss"] as? String
        if let expiry = (claims["exp"] as? NSNumber)?.doubleValue {
            said["expires"] = Date(timeIntervalSince1970: expiry).formatted(.iso8601)
        }
        guard let json = try? JSONSerialization.data(withJSONObject: said, options: [.sortedKeys]) else { return nil }
        return String(decoding: json, as: UTF8.self)
    }

    private static func object(_ part: Substring) -> [String: Any]? {
        var text = part.replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        return Data(base64Encoded: String(text)).flatMap { try? JSONSerialization.jsonObject(with: $0) } as? [String: Any]
    }
}
