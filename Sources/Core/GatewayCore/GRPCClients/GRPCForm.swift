public import Bytes

/// How a client that speaks gRPC itself sends its messages.
public enum GRPCForm: Sendable, Equatable {
    /// gRPC over HTTP/2: framed messages, the status in trailers.
    case native
    /// gRPC-Web: the status in a frame of the body.
    case web
    /// gRPC-Web with the body in base64.
    case webText

    /// The form that a media type without parameters names; nil for any other, message formats but protobuf among them.
    public init?(mediaType: ByteView) {
        let prefix: StaticString = "application/grpc"
        let count = prefix.utf8CodeUnitCount
        guard mediaType.count >= count, mediaType[0, count].equalsIgnoringCase(prefix) else { return nil }
        let rest = mediaType[count, mediaType.count]
        if rest.isEmpty || rest.equalsIgnoringCase("+proto") {
            self = .native
        } else if rest.equalsIgnoringCase("-web") || rest.equalsIgnoringCase("-web+proto") {
            self = .web
        } else if rest.equalsIgnoringCase("-web-text") || rest.equalsIgnoringCase("-web-text+proto") {
            self = .webText
        } else {
            return nil
        }
    }
}
