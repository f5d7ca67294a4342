import Bytes
import JSON
import Protobuf
import Transcoding

private let codec = DescriptorPool.load(bytesOfFile("fixtures/kitchen.pb")).pool.flatMap {
    CodecPool($0).codec(named: "kitchen.Sink")
}
nonisolated(unsafe) private let scratch = TranscodingScratch(seed: 1)
nonisolated(unsafe) private let tape = JSONTape(seed: 1)

/// The message of any JSON that is taken can be read back, and its JSON means the same message.
func fuzz(_ input: ByteView) {
    guard let codec else { return expect(false, "the target's own types are read") }
    guard tape.parse(input) == nil else { return }
    let wire = ByteWriter()
    guard codec.encode(tape, into: wire, scratch: scratch) == nil else {
        return expect(wire.count == 0, "after a fault nothing is left written")
    }
    let once = ByteWriter()
    expect(
        codec.decode(wire.view, into: once, scratch: scratch) == nil, "what the gateway encoded it decodes: \(Array(wire.view))")
    expect(tape.parse(once.view) == nil, "the JSON of a message is JSON: \(String(once.view))")
    wire.removeAll()
    let refusal = codec.encode(tape, into: wire, scratch: scratch)
    expect(refusal == nil, "what the gateway wrote it reads: \(String(once.view)) \(refusal?.message ?? "")")
    let twice = ByteWriter()
    expect(codec.decode(wire.view, into: twice, scratch: scratch) == nil, "what the gateway encoded again it decodes")
    expect(once.view == twice.view, "the same message the second time: \(String(once.view)) \(String(twice.view))")
}
