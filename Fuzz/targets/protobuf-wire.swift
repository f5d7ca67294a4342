import Bytes
import JSON
import Protobuf
import Transcoding

private let codec = DescriptorPool.load(bytesOfFile("fixtures/kitchen.pb")).pool.flatMap {
    CodecPool($0).codec(named: "kitchen.Sink")
}
nonisolated(unsafe) private let scratch = TranscodingScratch(seed: 1)
nonisolated(unsafe) private let tape = JSONTape(seed: 1)
/// A hundred messages deep, each inside a list or map of the one above.
private let limits = JSONLimits(depth: 512)

/// The JSON of any message is valid JSON, is taken back, and says the same the second time.
func fuzz(_ input: ByteView) {
    guard let codec else { return expect(false, "the target's own types are read") }
    let once = ByteWriter()
    guard codec.decode(input, into: once, scratch: scratch) == nil else {
        return expect(once.count == 0, "after a fault nothing is left written")
    }
    let fault = tape.parse(once.view, limits: limits)
    expect(fault == nil, "the JSON of a message is JSON: \(String(once.view))")
    let wire = ByteWriter()
    let refusal = codec.encode(tape, into: wire, scratch: scratch)
    expect(refusal == nil, "what the gateway wrote it reads: \(String(once.view)) \(refusal?.message ?? "")")
    let twice = ByteWriter()
    expect(codec.decode(wire.view, into: twice, scratch: scratch) == nil, "what the gateway encoded it decodes")
    expect(once.view == twice.view, "the same JSON the second time: \(String(once.view)) \(String(twice.view))")
}
