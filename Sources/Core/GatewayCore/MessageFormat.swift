import Bytes
import HTTP1
import HTTPSemantics
public import Transcoding

extension JSONItems.Format {
    /// The format of a body of this media type, which has no parameters; nil when it is no stream of JSON.
    init?(mediaType: ByteView) {
        if ["application/x-ndjson", "application/ndjson", "application/jsonl"].contains(where: mediaType.equalsIgnoringCase) {
            self = .lines
        } else if mediaType.isJSONType {
            self = .array
        } else {
            return nil
        }
    }

    init?(mediaType: String) {
        guard let format = mediaType.withByteView({ Self(mediaType: $0) }) else { return nil }
        self = format
    }
}

extension RequestContext {
    /// How the messages of a request body stand in it; nil when its `Content-Type` is none of a stream of JSON.
    public var messageFormat: JSONItems.Format? {
        // Two types: the service might believe the other one.
        guard let line = head.fields.first(.contentType), !head.fields.isRepeated(.contentType) else { return nil }
        return JSONItems.Format(mediaType: headBytes.view[line.value].mediaType)
    }
}
