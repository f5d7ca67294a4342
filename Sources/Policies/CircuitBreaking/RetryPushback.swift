public import Bytes

/// What a service says about retries in `grpc-retry-pushback-ms` (gRPC proposal A6, "Pushback").
public enum RetryPushback: Hashable, Sendable {
    /// The field is absent: the gateway's own delay.
    case none
    /// Retry after so many milliseconds and no earlier.
    case after(milliseconds: Int64)
    /// Do not retry: the value is negative or cannot be read.
    case never

    /// The field's value; nil when it is absent.
    public init(_ text: ByteView?) {
        guard let text else { self = .none; return }
        // Nine digits are eleven days: longer than any deadline.
        guard (1...9).contains(text.count) else { self = .never; return }
        var value: Int64 = 0
        for index in 0..<text.count {
            guard ASCII.isDigit(text[index]) else { self = .never; return }
            value = value * 10 + Int64(text[index] - 48)
        }
        self = .after(milliseconds: value)
    }
}
