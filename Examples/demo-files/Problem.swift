import Foundation
import Hummingbird

/// A refusal as a problem document (RFC 9457). The gateway adds what it knows, such as the trace id.
struct Problem: HTTPResponseError {
    let status: HTTPResponse.Status
    let detail: String
    var headers: HTTPFields = [:]

    private struct Document: Encodable {
        var type = "about:blank"
        let title: String
        let status: Int
        let detail: String
        let instance: String
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        let document = Document(
            title: status.reasonPhrase, status: status.code, detail: detail, instance: request.uri.path)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var headers = headers
        headers[.contentType] = "application/problem+json"
        return Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(document))))
    }
}
