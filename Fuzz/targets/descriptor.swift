import Bytes
import JSON
import Protobuf
import Transcoding

/// Whatever descriptor set is accepted compiles to codecs that take an empty message of every type both ways or name a fault.
func fuzz(_ input: ByteView) {
    let (pool, findings) = DescriptorPool.load(Array(input))
    guard let pool else { return expect(!findings.isEmpty, "a refusal has its reason") }
    let codecs = CodecPool(pool)
    let scratch = TranscodingScratch(seed: 1)
    let tape = JSONTape(seed: 1)
    let empty = ByteView("{}")
    for message in pool.messages.prefix(64) {
        guard let codec = codecs.codec(named: message.fullName) else { return expect(false, "every message has a codec") }
        let text = ByteWriter()
        _ = codec.decode(.empty, into: text, scratch: scratch)
        guard tape.parse(empty) == nil else { return }
        _ = codec.encode(tape, into: ByteWriter(), scratch: scratch)
    }
}
