import Bytes
import JSON
import Protobuf
import Transcoding

/// `protojson`: one message from JSON to wire bytes or back.
func protojson(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    let (pool, findings) = DescriptorPool.load(try arguments.bytes("descriptors"))
    guard let pool else { throw ProbeFault("descriptors: \(findings.first?.message ?? "")") }
    var options = TranscodingOptions()
    options.ignoresUnknownMembers = try arguments.flag("ignoreUnknown")
    let name = try arguments.text("message")
    guard let codec = CodecPool(pool, options: options).codec(named: name) else { throw ProbeFault("no message \(name)") }
    let out = ByteWriter()
    if arguments["json"] != nil {
        let reason = encode(try arguments.text("json"), codec, out)
        return reason.map { ["error": .text($0)] } ?? ["wire": .base64(Array(out.view))]
    }
    let wire = try arguments.bytes("wire")
    let fault = wire.withByteView { codec.decode($0, into: out, scratch: TranscodingScratch()) }
    return fault.map { ["error": .text($0.code.rawValue)] } ?? ["json": .text(String(out.view))]
}

/// Why the text is no such message; nil when `out` holds it.
private func encode(_ json: String, _ codec: MessageCodec, _ out: ByteWriter) -> String? {
    json.withByteView { view in
        let tape = JSONTape()
        if let fault = tape.parse(view) { return fault.code.rawValue }
        return codec.encode(tape, into: out, scratch: TranscodingScratch())?.code.rawValue
    }
}
