import Bytes
import JSON

/// Parses text that outlives the body.
func withTape<Answer>(_ text: String, limits: JSONLimits = .default, _ body: (JSONTape, JSONFault?) throws -> Answer) rethrows
    -> Answer
{
    let bytes = Array(text.utf8)
    let tape = JSONTape(seed: 7)
    return try bytes.withUnsafeBufferPointer { buffer in
        let fault = tape.parse(ByteView(UnsafeRawBufferPointer(buffer)), limits: limits)
        return try body(tape, fault)
    }
}

func fault(of bytes: [UInt8], limits: JSONLimits = .default) -> JSONFault? {
    let tape = JSONTape(seed: 7)
    return bytes.withUnsafeBufferPointer { tape.parse(ByteView(UnsafeRawBufferPointer($0)), limits: limits) }
}

func fault(of text: String, limits: JSONLimits = .default) -> JSONFault? { fault(of: Array(text.utf8), limits: limits) }

/// The tape as text again: structure, names and raw scalars.
func outline(_ tape: JSONTape, _ index: Int = 0) -> String {
    switch tape.kind(index) {
    case .object:
        var parts: [String] = []
        var key = index + 1
        while key < tape.end(index) {
            parts.append("\(tape.string(key)):\(outline(tape, key + 1))")
            key = tape.end(key + 1)
        }
        return "{\(parts.joined(separator: ","))}#\(tape.childCount(index))"
    case .array:
        var parts: [String] = []
        var child = index + 1
        while child < tape.end(index) {
            parts.append(outline(tape, child))
            child = tape.end(child)
        }
        return "[\(parts.joined(separator: ","))]#\(tape.childCount(index))"
    case .string: return "'\(tape.string(index))'"
    default: return String(tape.raw(index))
    }
}
