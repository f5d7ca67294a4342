import Bytes
import JSON
import Protobuf
import Transcoding

/// `protojson`: one message from JSON to wire bytes or back.
func protojson(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    var options = TranscodingOptions()
    options.ignoresUnknownMembers = try arguments.flag("ignoreUnknown")
    options.emitsDefaults = try arguments.flag("emitDefaults")
    options.usesProtoNames = try arguments.flag("protoNames")
    let name = try arguments.text("message")
    guard let codec = try codecPool(options, arguments).codec(named: name) else {
        throw ProbeFault("no message \(name)")
    }
    let out = ByteWriter()
    if arguments["json"] != nil {
        let reason = encode(try arguments.text("json"), codec, out)
        return reason.map { ["error": .text($0)] } ?? ["wire": .base64(Array(out.view))]
    }
    let wire = try arguments.bytes("wire")
    let fault = wire.withByteView { codec.decode($0, into: out, scratch: TranscodingScratch()) }
    return fault.map { ["error": .text($0.code.rawValue)] } ?? ["json": .text(String(out.view))]
}

/// The descriptor set of the last line that brought one, with its pools; only the main thread asks.
nonisolated(unsafe) private var latest: (descriptors: DescriptorPool?, pools: [TranscodingOptions: CodecPool]) = (nil, [:])

/// A line without `descriptors` means those of the line before, so that a suite need not send them ten thousand times.
private func codecPool(_ options: TranscodingOptions, _ arguments: Arguments) throws(ProbeFault) -> CodecPool {
    if arguments["descriptors"] != nil || latest.descriptors == nil {
        let (pool, findings) = DescriptorPool.load(try arguments.bytes("descriptors"))
        guard let pool else { throw ProbeFault("descriptors: \(findings.first(where: \.isError)?.message ?? "")") }
        latest = (pool, [:])
    }
    guard let descriptors = latest.descriptors else { throw ProbeFault("\"descriptors\" is missing") }
    if let pool = latest.pools[options] { return pool }
    let pool = CodecPool(descriptors, options: options)
    latest.pools[options] = pool
    return pool
}

/// Nested deeper than any message may be, so that the translator's own bound is met first.
private let limits = JSONLimits(depth: 512)

/// Why the text is no such message; nil when `out` holds it.
private func encode(_ json: String, _ codec: MessageCodec, _ out: ByteWriter) -> String? {
    json.withByteView { view in
        let tape = JSONTape()
        if let fault = tape.parse(view, limits: limits) { return fault.code.rawValue }
        return codec.encode(tape, into: out, scratch: TranscodingScratch())?.code.rawValue
    }
}
