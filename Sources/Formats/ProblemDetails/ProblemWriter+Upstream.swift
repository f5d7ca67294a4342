public import Bytes
public import JSON

extension ProblemWriter {
    /// Appends an upstream's own problem document, adding only `traceId` when it has none.
    ///
    /// `tape` holds the parsed document. False, and nothing appended, when it is not an object.
    public static func write(upstream tape: JSONTape, traceHigh: UInt64, traceLow: UInt64, to writer: ByteWriter) -> Bool {
        guard tape.count > 0, tape.kind(0) == .object else { return false }
        let document = tape.raw(0)
        guard tape.member(of: 0, named: "traceId") == nil else {
            writer.append(document)
            return true
        }
        writer.append(document[0, document.count - 1])
        writer.append(tape.childCount(0) == 0 ? "\"traceId\":\"" : ",\"traceId\":\"")
        writer.append(hex: traceHigh)
        writer.append(hex: traceLow)
        writer.append("\"}")
        return true
    }
}
