public import Bytes
import Protobuf

/// The messages of `grpc.health.v1`.
public enum HealthMessages {
    /// `HealthCheckResponse.ServingStatus`.
    public enum Status: UInt64 {
        case serving = 1
        case notServing = 2
        case serviceUnknown = 3
    }

    /// The service a `HealthCheckRequest` asks about, empty for the process; nil when it is malformed.
    public static func service(in message: ByteView) -> ByteView? {
        var service = ByteView.empty
        var reader = FieldReader(message)
        while reader.next() { if reader.isField(1, .lengthDelimited) { service = message[reader.content] } }
        return reader.isMalformed ? nil : service
    }

    /// Appends a `HealthCheckResponse`.
    public static func write(_ status: Status, to reply: ByteWriter) { reply.append(field: 1, nonzero: status.rawValue) }
}
