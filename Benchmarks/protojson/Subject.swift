import Bytes
import JSON
import Protobuf
import SwiftProtobuf
import Transcoding

/// One message in both forms, and the two ways to turn each into the other.
struct Subject<Generated: SwiftProtobuf.Message & Equatable> {
    let name: String
    let json: [UInt8]
    let wire: [UInt8]
    private let codec: MessageCodec
    private let tape = JSONTape()
    private let scratch = TranscodingScratch()
    private let out = ByteWriter()

    /// Nil when one of the four ways does not give the same message.
    init?(_ name: String, _ message: Generated, _ pool: CodecPool) {
        guard let codec = pool.codec(named: Generated.protoMessageName), let json: [UInt8] = try? message.jsonUTF8Bytes(),
            let wire: [UInt8] = try? message.serializedBytes()
        else { return nil }
        self.name = name
        self.json = json
        self.wire = wire
        self.codec = codec
        guard encode() > 0, (try? Generated(serializedBytes: Array(out.view))) == message,
            decode() > 0, (try? Generated(jsonUTF8Bytes: Array(out.view))) == message
        else { return nil }
    }

    /// JSON to wire bytes by the gateway, the reading of the JSON included; 0 when it is refused.
    func encode() -> Int {
        out.removeAll()
        return json.withByteView {
            tape.parse($0) == nil && codec.encode(tape, into: out, scratch: scratch) == nil ? out.count : 0
        }
    }

    /// Wire bytes to JSON by the gateway; 0 when they are refused.
    func decode() -> Int {
        out.removeAll()
        return wire.withByteView { codec.decode($0, into: out, scratch: scratch) == nil ? out.count : 0 }
    }

    /// JSON to wire bytes through the generated type.
    func encodeGenerated() -> Int {
        guard let message = try? Generated(jsonUTF8Bytes: json), let bytes: [UInt8] = try? message.serializedBytes() else {
            return 0
        }
        return bytes.count
    }

    /// Wire bytes to JSON through the generated type.
    func decodeGenerated() -> Int {
        guard let message = try? Generated(serializedBytes: wire), let bytes: [UInt8] = try? message.jsonUTF8Bytes() else {
            return 0
        }
        return bytes.count
    }
}
