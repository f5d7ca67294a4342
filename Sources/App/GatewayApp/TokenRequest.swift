import AsyncHTTPClient
import Bytes
import JSON
import NIOCore
import NIOHTTP1

/// Asks an IAM for a token, for `gateway token`.
public struct TokenRequest: Sendable {
    public struct Answer: Sendable {
        public let token: String
        /// The IAM's whole answer.
        public let json: String
    }

    public struct Fault: Error {
        public let message: String
    }

    static let maximumAnswerBytes = 64 * 1024

    private let iam: String
    private let user: String
    private let lifetime: Int?

    public init(iam: String, user: String, lifetime: Int?) {
        self.iam = iam
        self.user = user
        self.lifetime = lifetime
    }

    public func send() async -> Result<Answer, Fault> {
        var request = HTTPClientRequest(url: iam + "/token")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: body))
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(5))
            let bytes = try await response.body.collect(upTo: Self.maximumAnswerBytes)
            let text = String(buffer: bytes)
            guard response.status == .ok || response.status == .created, let token = Self.token(in: text) else {
                return .failure(Fault(message: "\(iam) answered \(response.status.code): \(text)"))
            }
            return .success(Answer(token: token, json: text))
        } catch {
            return .failure(Fault(message: "\(iam) does not answer (\(error))"))
        }
    }

    private var body: String {
        let out = ByteWriter()
        out.append("{\"user\":")
        out.append(jsonString: user)
        if let lifetime {
            out.append(",\"expiresIn\":")
            out.append(decimal: lifetime)
        }
        out.append("}")
        return String(out.view)
    }

    private static func token(in text: String) -> String? {
        Array(text.utf8).withByteView { bytes in
            let tape = JSONTape()
            guard tape.parse(bytes) == nil, tape.count > 0, let index = tape.member(of: 0, named: "access_token") else {
                return nil
            }
            return tape.kind(index) == .string ? tape.string(index) : nil
        }
    }
}
