public import Bytes
public import JSON

/// The translation of one message type: JSON to wire bytes and back, without message objects.
public struct MessageCodec: Sendable {
    public let pool: CodecPool
    let message: Int

    /// Appends the wire bytes of the JSON value at `node` to `out`; on a fault what was appended is taken back.
    public func encode(
        _ tape: JSONTape, node: Int = 0, into out: ByteWriter, scratch: TranscodingScratch
    ) -> TranscodingFault? {
        scratch.reset()
        let start = out.count
        let encoder = WireEncoder(pool: pool, tape: tape, out: out, scratch: scratch)
        if encoder.message(message, node, depth: 1) { return nil }
        out.truncate(to: start)
        return encoder.fault(root: node)
    }

    /// Appends the JSON of a message's wire bytes to `out`; on a fault what was appended is taken back.
    public func decode(_ wire: ByteView, into out: ByteWriter, scratch: TranscodingScratch) -> TranscodingFault? {
        scratch.reset()
        let start = out.count
        let emitter = JSONEmitter(pool: pool, out: out, scratch: scratch)
        if emitter.message(message, wire, depth: 1) { return nil }
        out.truncate(to: start)
        return emitter.fault()
    }
}
