public import Bytes
public import JSON
import Protobuf

/// The translation of one operation: an HTTP request to the wire bytes of a gRPC request, and its response to JSON.
///
/// Immutable and shared by all loops; each loop brings its own scratch. What the parts fill is merged by the rules of the wire:
/// first the body, then the path, then the query.
///
/// A body may repeat a field that the path binds only with the equal value; another value is a fault (`path-conflict`), and so
/// is another member of the same oneof. So a body never overrides the path, and a resource sent back whole is accepted.
public final class CallProgram: Sendable {
    enum Part {
        case capture(Int, PercentDecoding.Rule)
        case literal(ByteRange)
    }

    struct Binding {
        let path: String
        let steps: ContiguousArray<Int32>
        let parts: ContiguousArray<Part>
        /// Whether two captures or more make the text.
        let isComposite: Bool
    }

    enum Body {
        case none
        case all
        /// Index of the field in the request message.
        case field(Int)
    }

    let pool: CodecPool
    /// Whether a request is any number of messages: each part of its body fills one, path and query fill all.
    public let isClientStreaming: Bool
    /// Whether the service answers with any number of messages.
    public let isServerStreaming: Bool
    /// The `:path` of the call: `/package.Service/Method`.
    public let methodPath: String
    let input: Int
    let output: Int
    let bindings: ContiguousArray<Binding>
    let literals: [UInt8]
    let body: Body
    /// Index of the field in the response message, or -1 for all of it.
    let responseField: Int
    /// Nil when no mask is made.
    let updateMask: UpdateMask?
    /// Nil when the response has no items with a status.
    let items: ItemFields?
    /// Nil when the request's body is JSON.
    let rawRequest: RawPlace?
    /// Nil when the response is JSON.
    let rawResponse: RawPlace?

    init(
        pool: CodecPool, isClientStreaming: Bool, isServerStreaming: Bool, methodPath: String, input: Int, output: Int,
        bindings: ContiguousArray<Binding>, literals: [UInt8], body: Body, responseField: Int, updateMask: UpdateMask?,
        items: ItemFields?,
        rawRequest: RawPlace?, rawResponse: RawPlace?
    ) {
        self.pool = pool
        self.isClientStreaming = isClientStreaming
        self.isServerStreaming = isServerStreaming
        self.methodPath = methodPath
        self.input = input
        self.output = output
        self.bindings = bindings
        self.literals = literals
        self.body = body
        self.responseField = responseField
        self.updateMask = updateMask
        self.items = items
        self.rawRequest = rawRequest
        self.rawResponse = rawResponse
    }

    /// Whether the binding itself gives a field its value, whatever the request says.
    public var fixesFields: Bool {
        bindings.contains { binding in binding.parts.allSatisfy { if case .literal = $0 { true } else { false } } }
    }

    /// Whether a request of this operation may carry a body.
    public var takesBody: Bool {
        if case .none = body { false } else { true }
    }

    /// Appends the wire bytes of the request message to `out`, without the gRPC frame; on a fault nothing is appended.
    ///
    /// - Parameters:
    ///   - tape: The parsed JSON body; nil for no body or an empty one, which is the empty message.
    ///   - path: The path that the captures are ranges of, still percent-encoded.
    ///   - captures: The range of a path variable; nil when there is none of that index.
    ///   - query: What follows the `?`, empty without one.
    public func encodeRequest(
        body tape: JSONTape?, path: ByteView, captures: (Int) -> ByteRange?, query: ByteView, into out: ByteWriter,
        scratch: TranscodingScratch
    ) -> TranscodingFault? {
        scratch.reset()
        let start = out.count
        let fault = encode(tape, path, captures, query, out, scratch)
        if fault != nil { out.truncate(to: start) }
        return fault
    }

    func encode(
        _ tape: JSONTape?, _ path: ByteView, _ captures: (Int) -> ByteRange?, _ query: ByteView, _ out: ByteWriter,
        _ scratch: TranscodingScratch
    ) -> TranscodingFault? {
        let hasBody = (tape?.count ?? 0) > 0
        let start = out.count
        let encoder = WireEncoder(pool: pool, tape: tape ?? scratch.noBody, out: out, scratch: scratch)
        if hasBody, !encodeBody(encoder) {
            return takesBody ? encoder.fault(root: 0) : TranscodingFault(.unexpectedBody, in: .body)
        }
        for binding in bindings {
            guard read(binding, path, captures, scratch) else { return fault(binding, scratch) }
            if hasBody, let fault = conflict(binding, encoder.tape, scratch) { return fault }
            guard encoder.text(scratch.value.view, at: binding.steps[...]) else { return fault(binding, scratch) }
        }
        if !query.isEmpty, let fault = QueryBinder(program: self, encoder: encoder, scratch: scratch).bind(query) { return fault }
        guard hasBody, let updateMask, !updateMask.isSent(out.view[start, out.count]) else { return nil }
        return UpdateMaskWriter(program: self, mask: updateMask, encoder: encoder).write() ? nil : encoder.fault(root: 0)
    }

    private func encodeBody(_ encoder: WireEncoder) -> Bool {
        switch body {
        case .none: return encoder.scratch.fail(.unexpectedBody)
        case .all: return encoder.message(input, 0, depth: 1)
        case .field(let index):
            let field = pool.field(pool.messages[input], index)
            if encoder.tape.kind(0) == .null && !field.acceptsNull { return true }
            return encoder.field(field, 0, depth: 1)
        }
    }

    /// Puts the text of a binding together in `scratch.value`.
    private func read(
        _ binding: Binding, _ path: ByteView, _ captures: (Int) -> ByteRange?, _ scratch: TranscodingScratch
    ) -> Bool {
        let value = scratch.value
        value.removeAll()
        var position = 0
        while position < binding.parts.count {
            switch binding.parts[position] {
            case .literal(let range): literals.withByteView { value.append($0[range]) }
            case .capture(let index, let rule):
                guard let range = captures(index), range.lower <= range.upper, range.end <= path.count else {
                    return scratch.fail(.missingCapture)
                }
                let start = value.count
                guard PercentDecoding.append(path[range], rule, to: value) else { return scratch.fail(.invalidEscape) }
                guard !binding.isComposite || isPlain(value.view[start, value.count], at: position, in: binding) else {
                    return scratch.fail(.ambiguousValue)
                }
            }
            position &+= 1
        }
        return true
    }

    /// Whether a captured text is free of the separators beside it. Without that, `{module}.{model}` would give the requests
    /// `a.b/c` and `a/b.c` one value, and who may read the one could read the other.
    private func isPlain(_ text: ByteView, at position: Int, in binding: Binding) -> Bool {
        isFree(text, ofSeparator: position &- 1, in: binding) && isFree(text, ofSeparator: position &+ 1, in: binding)
    }

    /// True also when the part there is no literal between two captures.
    private func isFree(_ text: ByteView, ofSeparator position: Int, in binding: Binding) -> Bool {
        guard position > 0, position &+ 1 < binding.parts.count, case .literal(let range) = binding.parts[position] else {
            return true
        }
        return literals.withByteView { literals in
            let separator = literals[range]
            var at = 0
            while let found = text.firstIndex(of: separator[0], from: at), found &+ separator.count <= text.count {
                if text[found, found &+ separator.count] == separator { return false }
                at = found &+ 1
            }
            return true
        }
    }

    private func fault(_ binding: Binding, _ scratch: TranscodingScratch) -> TranscodingFault {
        TranscodingFault(scratch.code ?? .wrongType, in: .path, field: binding.path)
    }

    /// Appends the JSON of the response message to `out`; on a fault nothing is appended.
    public func decodeResponse(_ wire: ByteView, into out: ByteWriter, scratch: TranscodingScratch) -> TranscodingFault? {
        decode(wire, of: output, field: responseField, into: out, scratch: scratch)
    }

    /// Appends the JSON of a request message, such as `encodeRequest` makes, to `out`; on a fault nothing is appended.
    public func describeRequest(_ wire: ByteView, into out: ByteWriter, scratch: TranscodingScratch) -> TranscodingFault? {
        decode(wire, of: input, field: -1, into: out, scratch: scratch)
    }

    private func decode(
        _ wire: ByteView, of message: Int, field: Int, into out: ByteWriter, scratch: TranscodingScratch
    ) -> TranscodingFault? {
        scratch.reset()
        let start = out.count
        let emitter = JSONEmitter(pool: pool, out: out, scratch: scratch)
        let isWritten =
            field < 0
            ? emitter.message(message, wire, depth: 1) : emitter.bareField(pool.messages[message], field, wire, depth: 1)
        if isWritten { return nil }
        out.truncate(to: start)
        return emitter.fault()
    }
}
