import Testing

@testable import Transcoding

@Suite("gRPC status")
struct GRPCStatusTests {
    @Test(
        "has the HTTP status and problem of google/rpc/code.proto",
        arguments: [
            (0, "OK", 200, nil), (1, "CANCELLED", 499, "client-closed-request"), (2, "UNKNOWN", 500, "internal"),
            (3, "INVALID_ARGUMENT", 400, "bad-request"), (4, "DEADLINE_EXCEEDED", 504, "gateway-timeout"),
            (5, "NOT_FOUND", 404, "not-found"), (6, "ALREADY_EXISTS", 409, "conflict"),
            (7, "PERMISSION_DENIED", 403, "forbidden"),
            (8, "RESOURCE_EXHAUSTED", 429, "rate-limit-exceeded"), (9, "FAILED_PRECONDITION", 400, "bad-request"),
            (10, "ABORTED", 409, "conflict"), (11, "OUT_OF_RANGE", 400, "bad-request"),
            (12, "UNIMPLEMENTED", 501, "not-implemented"),
            (13, "INTERNAL", 500, "internal"), (14, "UNAVAILABLE", 503, "service-unavailable"),
            (15, "DATA_LOSS", 500, "internal"),
            (16, "UNAUTHENTICATED", 401, "unauthorized"),
        ] as [(Int, String, Int, String?)])
    func table(code: Int, name: String, http: Int, slug: String?) {
        let status = GRPCStatus(code: code)
        #expect(Int(status.rawValue) == code)
        #expect("\(status.name)" == name)
        #expect(status.httpStatus == http)
        #expect(status.problemSlug.map { "\($0)" } == slug)
    }

    @Test("takes any other number for unknown", arguments: [-1, 17, 255, 256, Int.max])
    func others(code: Int) { #expect(GRPCStatus(code: code) == .unknown) }

    @Test("counts only what the upstream did wrong as its failure")
    func failures() {
        let failures = GRPCStatus.allCases.filter(\.isUpstreamFailure)
        #expect(failures == [.unknown, .deadlineExceeded, .internal, .unavailable, .dataLoss])
    }

    @Test(
        "reads an answer without grpc-status by its HTTP status",
        arguments: [
            (400, GRPCStatus.internal), (401, .unauthenticated), (403, .permissionDenied), (404, .unimplemented),
            (429, .unavailable),
            (502, .unavailable), (503, .unavailable), (504, .unavailable), (200, .unknown), (500, .unknown), (302, .unknown),
        ])
    func http(status: Int, wanted: GRPCStatus) { #expect(GRPCStatus(httpStatus: status) == wanted) }
}
