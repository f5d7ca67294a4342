import Bytes
import CircuitBreaking
import HTTP1
import HTTPSemantics

extension RequestContext {
    /// The client's own time-out in milliseconds: `grpc-timeout`, or `X-Request-Timeout` of REST clients; nil when it gave none that
    /// can be read.
    public var clientTimeoutMilliseconds: Int64? {
        guard fields.containsAny(of: Self.timeoutFields) else { return nil }
        let bytes = headBytes.view
        if let line = fields.first(.grpcTimeout) { return ClientTimeout.grpc(bytes[line.value]) }
        return fields.first(.xRequestTimeout).flatMap { ClientTimeout.rest(bytes[$0.value]) }
    }

    private static var timeoutFields: FieldNameSet { [.grpcTimeout, .xRequestTimeout] }
}
