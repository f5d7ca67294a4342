import CircuitBreaking
import Testing

@Suite struct CallFailureClassTests {
    @Test("five gRPC statuses are failures, every other answer is the service working")
    func grpc() {
        for code in -1...20 {
            let isFailure = [2, 4, 13, 14, 15].contains(code) || !(0...16).contains(code)
            #expect(CallFailureClass(grpcCode: code).outcome == (isFailure ? .failure : .success), "\(code)")
        }
        #expect(CallFailureClass(grpcCode: 4) == .deadline)
        #expect(CallFailureClass(grpcCode: 14) == .unavailable)
    }

    @Test("502, 503 and 504 are failures, and no other HTTP status")
    func http() {
        for status in 100..<600 {
            #expect(
                CallFailureClass(httpStatus: status).outcome == ((502...504).contains(status) ? .failure : .success), "\(status)")
        }
    }

    @Test("what the client or the gateway did is not judged")
    func ignored() {
        for failure in [CallFailureClass.clientDeadline, .clientLeft, .notSent] { #expect(failure.outcome == .ignored) }
        for failure in [CallFailureClass.connection, .deadline] { #expect(failure.outcome == .failure) }
    }
}
