import Bytes
import Documents
import ProblemDetails
import Protobuf
import Testing
import TraceContext
import Transcoding

@testable import GatewayCore

@Suite("Clients that speak gRPC themselves")
struct GRPCClientTests {
    private static func platform() -> Platform {
        Platform.with("descriptors: shop.pb", "descriptors: shop.pb\n    grpc_clients: true")
    }

    @Test(
        "are told by their media type",
        arguments: [
            ("application/grpc", .native), ("application/grpc+proto", .native), ("Application/gRPC", .native),
            ("application/grpc-web", .web), ("application/grpc-web+proto", .web), ("application/grpc-web-text", .webText),
            ("application/grpc-web-text+proto", .webText), ("application/grpc+json", nil), ("application/grpcx", nil),
            ("application/grp", nil), ("", nil), ("application/json", nil), ("application/grpc-web-text+thrift", nil),
        ] as [(String, GRPCForm?)])
    func forms(type: String, form: GRPCForm?) {
        #expect(type.withByteView { GRPCForm(mediaType: $0) } == form)
    }

    @Test("find nothing where no service takes them")
    func closed() throws {
        let pipeline = try Platform().pipeline()
        let path = try #require(pipeline.snapshot.operations.lazy.compactMap(\.callPath).first)
        let request = try arrived(
            head("POST \(path)", ["Content-Type: application/grpc-web", "Content-Length: 5"], token: "admin"))
        #expect(pipeline.word(request) == "404 not-found")
        #expect(request.grpcForm == nil && !request.isFramedCall)
    }

    @Test(
        "reach the operation of a method",
        arguments: [
            ("application/grpc", "TE: trailers", "proceed"), ("application/grpc", "TE: gzip, trailers", "proceed"),
            ("application/grpc", "X: y", "415 unsupported-media-type"),
            ("application/grpc", "TE: gzip", "415 unsupported-media-type"),
            ("application/grpc-web", "X: y", "proceed"), ("application/grpc-web-text; charset=utf-8", "X: y", "proceed"),
            ("application/json", "TE: trailers", "404 not-found"),
        ])
    func offered(type: String, line: String, word: String) throws {
        let pipeline = try Self.platform().pipeline()
        let methods = try #require(pipeline.snapshot.grpcMethods)
        let operation = pipeline.snapshot.operations[try #require(methods.operations.first)]
        let path = try #require(operation.callPath)
        let lines = ["Content-Type: \(type)", line, "Content-Length: 5"]
        let request = try arrived(head("POST \(path)", lines, token: "admin"))
        #expect(pipeline.word(request) == word)
        #expect(request.isFramedCall == (word == "proceed"))
        if word == "proceed" {
            #expect(request.operation === operation && request.grpcForm != nil)
            #expect(pipeline.validateBody(request, body: .empty), "its message is not JSON")
            let stranger = try arrived(head("POST \(path)", lines))
            #expect(pipeline.word(stranger).hasPrefix("401"))
            #expect(stranger.problem?.grpcStatus == .unauthenticated)
        }
        request.end()
        #expect(request.grpcForm == nil && !request.isFramedCall)
    }

    @Test("are no matter of an HTTP service")
    func http() throws {
        let platform = Platform.with("openapi: crm.yaml", "openapi: crm.yaml\n    grpc_clients: true")
        let files = platform.files
        let source = FileSource { path in
            files[path].map { .success(Array($0.utf8)) } ?? .failure(FileSource.Fault("no such file"))
        }
        let loaded = PlatformConfiguration.load(file: Platform.configurationFile, environment: [:], source: source)
        #expect(loaded.findings.map(\.code).contains("grpc-clients-of-http"))
    }

    @Test(
        "read a refusal as a code",
        arguments: [
            (.badRequest, .invalidArgument), (.validationFailed, .invalidArgument), (.unauthorized, .unauthenticated),
            (.planLimitExceeded, .failedPrecondition), (.subscriptionSuspended, .failedPrecondition),
            (.subscriptionTerminated, .failedPrecondition), (.forbidden, .permissionDenied), (.notFound, .unimplemented),
            (.moduleNotFound, .unimplemented), (.methodNotAllowed, .unimplemented), (.notAcceptable, .invalidArgument),
            (.conflict, .aborted), (.versionSunset, .invalidArgument), (.payloadTooLarge, .resourceExhausted),
            (.uriTooLong, .invalidArgument), (.unsupportedMediaType, .invalidArgument), (.rateLimitExceeded, .resourceExhausted),
            (.headerFieldsTooLarge, .resourceExhausted), (.clientClosedRequest, .cancelled), (.internal, .internal),
            (.notImplemented, .unimplemented), (.badGateway, .unavailable), (.upstreamResponseInvalid, .internal),
            (.serviceUnavailable, .unavailable), (.gatewayTimeout, .deadlineExceeded),
        ] as [(ProblemSlug, GRPCStatus)])
    func codes(slug: ProblemSlug, status: GRPCStatus) {
        #expect(Problem(slug, "x").grpcStatus == status)
    }

    @Test("read every problem there is as a failure")
    func everySlug() {
        for slug in ProblemSlug.allCases { #expect(Problem(slug, "x").grpcStatus != .ok) }
        #expect(Problem(.badRequest, "x", status: 408).grpcStatus == .deadlineExceeded)
    }

    @Test("read text and details of a refusal")
    func fields() {
        var random = LoopRandom(seed: 7)
        let trace = TraceContext(continuing: nil, random: &random)
        let out = ByteWriter()
        let detail = Problem.Detail.bytes(Array("50% für\r\nx~\u{7f}".utf8))
        Problem(.rateLimitExceeded, detail: detail, retryAfterSeconds: 3).writeGRPCFields(trace: trace, to: out)
        let lines = String(out.view).split(separator: "\r\n").map(String.init)
        #expect(lines.count == 4)
        #expect(lines[0] == "grpc-status: 8")
        #expect(lines[1] == "grpc-message: 50%25 f%C3%BCr%0D%0Ax~%7F")
        #expect(lines[2].hasPrefix("grpc-status-details-bin: ") && !lines[2].hasSuffix("="))
        #expect(lines[3] == "grpc-retry-pushback-ms: 3000")
        out.removeAll()
        Problem(.forbidden, "no").writeGRPCFields(trace: trace, to: out)
        #expect(!String(out.view).contains("pushback"))
    }
}
