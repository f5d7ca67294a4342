import Foundation
import Hummingbird

private struct Liveness: ResponseEncodable {
    let status: String
}

private struct Listing: ResponseEncodable {
    let files: [StoredFile]
}

func filesRouter(cabinet: FileCabinet) -> Router<BasicRequestContext> {
    let router = Router()
    let io = FileIO()
    router.get("/live") { _, _ in Liveness(status: "ok") }
    router.get("/api/v1/files") { request, _ in
        Listing(files: cabinet.list(tenant: try tenant(request)))
    }
    router.post("/api/v1/files") { request, context in
        guard let name = request.uri.queryParameters.get("name") else {
            throw Problem(status: .badRequest, detail: "the query parameter 'name' is missing")
        }
        return try await upload(try safe(name), request, context, cabinet, io)
    }
    router.put("/api/v1/files/{name}") { request, context in
        try await upload(try fileName(context), request, context, cabinet, io)
    }
    router.get("/api/v1/files/{name}") { request, context in
        try await download(try fileName(context), request, context, cabinet, io)
    }
    router.head("/api/v1/files/{name}") { request, context in
        try await download(try fileName(context), request, context, cabinet, io)
    }
    router.delete("/api/v1/files/{name}") { request, context in
        guard cabinet.delete(try fileName(context), tenant: try tenant(request)) else { throw noSuchFile }
        return Response(status: .noContent)
    }
    return router
}

private let noSuchFile = Problem(status: .notFound, detail: "there is no file of this name")

/// Whose folder the request is about. Only the gateway reaches this service, and it writes the field from a verified token.
private func tenant(_ request: Request) throws -> String {
    guard let name = HTTPFields.Element.Name("X-Tenant-ID"), let tenant = request.headers[name], FileCabinet.isSafe(tenant) else {
        throw Problem(status: .unauthorized, detail: "the X-Tenant-ID field is missing")
    }
    return tenant
}

private func fileName(_ context: BasicRequestContext) throws -> String {
    try safe(try context.parameters.require("name").removingPercentEncoding ?? "")
}

private func safe(_ name: String) throws -> String {
    guard FileCabinet.isSafe(name) else {
        let alphabet = "letters, digits, '.', '_' or '-', the first not a dot"
        throw Problem(status: .badRequest, detail: "a file name is 1 to \(FileCabinet.maximumNameLength) \(alphabet)")
    }
    return name
}

private func upload(
    _ name: String, _ request: Request, _ context: BasicRequestContext, _ cabinet: FileCabinet, _ io: FileIO
) async throws -> Response {
    let tenant = try tenant(request)
    let path = try cabinet.uploadPath(tenant: tenant)
    let replaced: Bool
    do {
        try await io.writeFile(contents: request.body, path: path, context: context)
        replaced = try cabinet.finishUpload(at: path, name: name, tenant: tenant)
    } catch {
        cabinet.abandonUpload(at: path)
        throw error
    }
    guard let file = cabinet.file(name, tenant: tenant) else { throw noSuchFile }
    var headers: HTTPFields = [.location: "/api/v1/files/\(name)", .eTag: file.entityTag, .contentType: "application/json"]
    headers[.cacheControl] = "no-store"
    return Response(
        status: replaced ? .ok : .created, headers: headers,
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(file))))
}

private func download(
    _ name: String, _ request: Request, _ context: BasicRequestContext, _ cabinet: FileCabinet, _ io: FileIO
) async throws -> Response {
    let tenant = try tenant(request)
    guard let file = cabinet.file(name, tenant: tenant) else { throw noSuchFile }
    var headers: HTTPFields = [
        .acceptRanges: "bytes", .contentType: "application/octet-stream", .eTag: file.entityTag,
    ]
    if let known = request.headers[.ifNoneMatch], known == "*" || known.contains(file.entityTag) {
        return Response(status: .notModified, headers: headers)
    }
    // RFC 9110 section 13.1.5: a range of another version of the file would be of no use.
    let isSameVersion = request.headers[.ifRange].map { $0 == file.entityTag } ?? true
    let asked = request.method == .get && isSameVersion ? request.headers[.range] : nil
    let path = cabinet.path(of: name, tenant: tenant)
    switch ByteRangeRequest(asked, size: file.size) {
    case .unsatisfiable:
        throw Problem(
            status: .rangeNotSatisfiable, detail: "the file has \(file.size) bytes",
            headers: [.contentRange: "bytes */\(file.size)"])
    case .part(let range):
        headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound)/\(file.size)"
        let body = try await io.loadFile(path: path, range: range, context: context)
        return Response(status: .partialContent, headers: headers, body: body)
    case .whole where request.method == .head:
        let body = ResponseBody(contentLength: file.size) { writer in try await writer.finish(nil) }
        return Response(status: .ok, headers: headers, body: body)
    case .whole:
        return Response(status: .ok, headers: headers, body: try await io.loadFile(path: path, context: context))
    }
}
