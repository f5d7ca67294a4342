import Bytes
import ProblemDetails
import Testing
import Transcoding

@testable import GatewayCore

@Suite("Problem of a failed call")
struct CallFailureTests {
    private func problem(
        _ status: GRPCStatus, message: String = "shelf 7", details: [UInt8] = StatusDetailsTests.minted,
        origin: CallFailure.Origin = .service
    ) -> Problem {
        message.withByteView { message in
            details.withByteView { CallFailure(status: status, message: message, details: $0, origin: origin).problem(of: nil) }
        }
    }

    private func text(_ detail: Problem.Detail) -> String {
        switch detail {
        case .literal(let text): text.description
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        }
    }

    /// google/rpc/code.proto, and whether the status speaks of the service's inside.
    static let table: [(GRPCStatus, Int, StaticString, isInternal: Bool)] = [
        (.cancelled, 499, "client-closed-request", false), (.unknown, 500, "internal", true),
        (.invalidArgument, 400, "validation-failed", false), (.deadlineExceeded, 504, "gateway-timeout", true),
        (.notFound, 404, "not-found", false), (.alreadyExists, 409, "conflict", false),
        (.permissionDenied, 403, "forbidden", false), (.resourceExhausted, 429, "rate-limit-exceeded", false),
        (.failedPrecondition, 400, "bad-request", false), (.aborted, 409, "conflict", false),
        (.outOfRange, 400, "bad-request", false), (.unimplemented, 501, "not-implemented", false),
        (.internal, 500, "internal", true),
        (.unavailable, 503, "service-unavailable", true), (.dataLoss, 500, "internal", true),
        (.unauthenticated, 401, "unauthorized", false),
    ]

    @Test("each status has its own answer, and what is inside the service stays there", arguments: table.indices)
    func statuses(index: Int) {
        let (status, code, slug, isInternal) = Self.table[index]
        let problem = problem(status)
        #expect(problem.status == code && ByteView(problem.slug.text) == ByteView(slug))
        #expect(problem.extras.isEmpty == isInternal && problem.errors.isEmpty == isInternal)
        #expect(text(problem.detail) == (isInternal ? status.name.description : "Das Regal ist leer."))
        #expect(problem.retryAfterSeconds == 3)
        let bare = self.problem(status, details: [])
        #expect(text(bare.detail) == (isInternal ? status.name.description : "shelf 7"))
        #expect(text(self.problem(status, message: "", details: []).detail) == status.name.description)
    }

    @Test("the table is whole")
    func whole() { #expect(Set(Self.table.map(\.0)) == Set(GRPCStatus.allCases).subtracting([.ok])) }

    @Test("an invalid argument without violations is a bad request, and a 429 without a delay says one second")
    func bare() {
        #expect(problem(.invalidArgument, details: []).slug == .badRequest)
        #expect(problem(.resourceExhausted, details: []).retryAfterSeconds == 1)
        #expect(problem(.notFound, details: []).retryAfterSeconds == nil)
    }

    @Test(
        "what did not come from the service carries nothing of it",
        arguments: [
            (.connect, 503), (.reset, 502), (.protocolViolation, 502), (.deadline, 504), (.overloaded, 503), (.cancelled, 503),
        ] as [(CallFailure.Origin, Int)])
    func origins(origin: CallFailure.Origin, status: Int) {
        let problem = problem(.notFound, origin: origin)
        #expect(problem.status == status && problem.extras.isEmpty && problem.errors.isEmpty)
        #expect(!text(problem.detail).contains("shelf"))
    }

    @Test("a violation points into the JSON body of the operation")
    func pointer() throws {
        let document = """
            openapi: 3.1.0
            info: { title: Shop, version: "1" }
            servers: [{ url: /api/v1 }]
            security: []
            components: { securitySchemes: { bearer: { type: http, scheme: bearer } } }
            paths:
              /items:
                post: { x-grpc: { method: shop.Shop/PutItem, body: "*" }, responses: {} }
            """
        var platform = Platform.with("descriptors: shop.pb", "descriptors: shop.pb\n    openapi: shop.yaml")
        platform.files["etc/shop.yaml"] = document
        let operation = try #require(try platform.snapshot().operations.first { $0.template == "/api/v1/items" })
        let problem = StatusDetailsTests.minted.withByteView {
            CallFailure(status: .invalidArgument, message: .empty, details: $0, origin: .service).problem(of: operation.call)
        }
        #expect(problem.errors.map(\.pointer) == ["/name", "/count"])
    }
}
