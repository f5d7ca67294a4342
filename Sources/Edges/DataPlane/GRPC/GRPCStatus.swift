/// Status codes of gRPC, and what other protocols' codes mean in them.
enum GRPCStatus {
    static let ok = 0
    static let cancelled = 1
    static let unknown = 2
    static let deadlineExceeded = 4
    static let permissionDenied = 7
    static let resourceExhausted = 8
    static let unimplemented = 12
    static let `internal` = 13
    static let unavailable = 14
    static let unauthenticated = 16
    static let largest = 16

    /// The status of an answer that is HTTP but not gRPC (gRPC's "HTTP to gRPC status code mapping").
    static func ofHTTP(_ status: Int) -> Int {
        switch status {
        case 400: `internal`
        case 401: unauthenticated
        case 403: permissionDenied
        case 404: unimplemented
        case 429, 502, 503, 504: unavailable
        default: unknown
        }
    }

    /// The status of a stream that RST_STREAM ended (gRPC over HTTP/2, "Errors").
    static func ofReset(_ code: UInt32) -> Int {
        switch code {
        case 0x7: unavailable
        case 0x8: cancelled
        case 0xb: resourceExhausted
        case 0xc: permissionDenied
        default: `internal`
        }
    }
}
