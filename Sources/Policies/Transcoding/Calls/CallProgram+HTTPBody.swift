public import Bytes
import Protobuf

/// Calls whose request or response is a `google.api.HttpBody`: bytes under their own media type instead of JSON.
extension CallProgram {
    /// Where the raw body stands in a message.
    enum RawPlace: Equatable {
        /// The message itself.
        case whole
        /// The field of this number.
        case field(UInt32)
    }

    /// Whether the body of a request is taken as it is, whatever its media type.
    public var takesRawBody: Bool { rawRequest != nil }

    /// Whether the answer is bytes of the service's own media type.
    public var answersRawBody: Bool { rawResponse != nil }

    /// The parts of a raw response; nil when the message is malformed or its media type is none.
    public func rawBody(_ wire: ByteView) -> HTTPBody? {
        switch rawResponse {
        case .whole: HTTPBody(wire)
        case .field(let number): HTTPBody(wire, field: number)
        case nil: nil
        }
    }

    /// Appends the wire bytes of the request message of a raw body; otherwise as `encodeRequest(body:path:captures:query:into:scratch:)`.
    public func encodeRequest(
        rawBody body: ByteView, contentType: ByteView, path: ByteView, captures: (Int) -> ByteRange?, query: ByteView,
        into out: ByteWriter, scratch: TranscodingScratch
    ) -> TranscodingFault? {
        scratch.reset()
        let start = out.count
        let isWritten =
            switch rawRequest {
            case .whole: out.append(httpBody: body, contentType: contentType)
            case .field(let number): out.append(httpBody: body, contentType: contentType, field: number)
            case nil: false
            }
        let fault = isWritten ? encode(nil, path, captures, query, out, scratch) : TranscodingFault(.invalidUTF8, in: .body)
        if fault != nil { out.truncate(to: start) }
        return fault
    }
}

extension CallCompiler {
    /// Where `body` takes raw bytes, or nil.
    func rawRequest(_ body: CallProgram.Body) -> CallProgram.RawPlace? {
        switch body {
        case .none: nil
        case .all: input.form == .httpBody ? .whole : nil
        case .field(let index): rawPlace(pool.field(input, index))
        }
    }

    /// Where the response has raw bytes, or nil.
    func rawResponse(_ field: Int) -> CallProgram.RawPlace? {
        let output = pool.messages[method.output]
        if field < 0 { return output.form == .httpBody ? .whole : nil }
        return rawPlace(pool.field(output, field))
    }

    private func rawPlace(_ field: FieldProgram) -> CallProgram.RawPlace? {
        guard field.shape == .singular, field.kind == .message, pool.messages[Int(field.reference)].form == .httpBody else {
            return nil
        }
        return .field(field.number)
    }
}
