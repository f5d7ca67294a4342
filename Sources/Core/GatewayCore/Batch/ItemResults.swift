public import Bytes
import JSON
import ProblemDetails
public import Transcoding

/// The answer to a call whose response lists items with a status each.
extension RequestContext {
    /// Appends the JSON of a gRPC response to `out` and answers its status: the response as it is with 200, or with 207, when an
    /// item failed, `{"items": [{"index", "status", "item", "problem"}], "response"}`; on a fault nothing is appended.
    ///
    /// `item` is the item without its status, `problem` the RFC 9457 document of a failed one, `response` the rest of the message;
    /// each is left out when it has nothing to say.
    public func writeAnswer(
        _ message: ByteView, of program: CallProgram, into out: ByteWriter, scratch: TranscodingScratch
    ) -> Result<Int, TranscodingFault> {
        guard var items = program.itemReader(message) else { return whole(message, program, out, scratch) }
        var hasFailure = false
        while let item = items.next(), !hasFailure { hasFailure = item.status != .ok }
        if let fault = items.fault { return .failure(fault) }
        guard hasFailure else { return whole(message, program, out, scratch) }
        let start = out.count
        if let fault = writeItems(message, program, out, scratch) {
            out.truncate(to: start)
            return .failure(fault)
        }
        return .success(207)
    }

    private func whole(
        _ message: ByteView, _ program: CallProgram, _ out: ByteWriter, _ scratch: TranscodingScratch
    ) -> Result<Int, TranscodingFault> {
        program.decodeResponse(message, into: out, scratch: scratch).map { .failure($0) } ?? .success(200)
    }

    private func writeItems(
        _ message: ByteView, _ program: CallProgram, _ out: ByteWriter, _ scratch: TranscodingScratch
    ) -> TranscodingFault? {
        guard var items = program.itemReader(message) else { return nil }
        out.append("{\"items\":[")
        var index = 0
        while let item = items.next() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            if let fault = write(item, index, program, out, scratch) { return fault }
            index += 1
        }
        if let fault = items.fault { return fault }
        out.append(UInt8(ascii: "]"))
        let fault = member("response", out) { program.decodeRest(message, into: out, scratch: scratch) }
        out.append(UInt8(ascii: "}"))
        return fault
    }

    private func write(
        _ item: CallItem, _ index: Int, _ program: CallProgram, _ out: ByteWriter, _ scratch: TranscodingScratch
    ) -> TranscodingFault? {
        out.append("{\"index\":")
        out.append(decimal: index)
        out.append(",\"status\":")
        out.append(decimal: item.status.httpStatus)
        if let fault = member("item", out, { program.decode(item, into: out, scratch: scratch) }) { return fault }
        if item.status != .ok {
            let failure = CallFailure(status: item.status, message: item.message, details: item.details, origin: .service)
            out.append(",\"problem\":")
            writeProblem(failure.problem(of: program), to: out)
        }
        out.append(UInt8(ascii: "}"))
        return nil
    }

    /// Writes a member whose value `write` appends; takes it back when there is none.
    private func member(
        _ name: StaticString, _ out: ByteWriter, _ write: () -> Result<Bool, TranscodingFault>
    ) -> TranscodingFault? {
        let start = out.count
        out.append(",\"")
        out.append(name)
        out.append("\":")
        switch write() {
        case .failure(let fault): return fault
        case .success(let isWritten):
            if !isWritten { out.truncate(to: start) }
            return nil
        }
    }
}
