import Bytes
import CircuitBreaking
import GatewayCore

/// Small field values: `Accept`, `grpc-timeout`, `X-Request-Timeout`, `grpc-retry-pushback-ms`.
func fuzz(_ input: ByteView) {
    _ = StreamFormat.accepted(input)
    for timeout in [ClientTimeout.grpc(input), ClientTimeout.rest(input)] {
        guard let timeout else { continue }
        expect(timeout >= 0 && timeout <= ClientTimeout.mostMilliseconds, "a time-out keeps to its limit")
    }
    if case .after(let milliseconds) = RetryPushback(input) { expect(milliseconds >= 0, "a delay is not negative") }
}
