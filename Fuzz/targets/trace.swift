import Bytes
import TraceContext

/// The first line of the input is a traceparent, the others are tracestate lines. What is sent on can be read back as the same trace,
/// keeps to its limits, and is the same when a second gateway combines it again.
func fuzz(_ input: ByteView) {
    let lines = Array(input).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
    var random = LoopRandom(seed: 7)
    let context = lines[0].withByteView { TraceContext(traceparent: $0, random: &random) }
    let sent = ByteWriter()
    context.appendTraceparent(to: sent)
    expect(sent.count == 55, "a traceparent has 55 bytes")
    guard let again = TraceParent.parse(sent.view) else { return expect(false, "what is sent on can be read") }
    expect(again.traceHigh == context.traceHigh && again.traceLow == context.traceLow, "the trace goes on under its id")
    expect(again.parentID == context.spanID && context.spanID != 0, "the gateway's span is the parent")
    expect(context.traceHigh != 0 || context.traceLow != 0, "a trace id is not zero")

    let state = TraceState()
    for line in lines.dropFirst() { line.withByteView { state.add($0) } }
    guard let combined = state.finish().map({ Array($0) }) else { return }
    expect(!combined.isEmpty && combined.count <= TraceState.mostBytes, "a tracestate keeps to its limit")
    state.removeAll()
    combined.withByteView { state.add($0) }
    let twice = state.finish().map { Array($0) }
    expect(twice == combined, "combining twice is combining once")

    var source = LoopRandom(seed: 8)
    let requestID = lines[0].withByteView { RequestID(client: $0, random: &source) }
    requestID.withView { expect($0.count > 0 && $0.count <= RequestID.mostBytes, "a request id keeps to its limit") }
}
