import Bytes
import JSON

nonisolated(unsafe) private let tape = JSONTape(seed: 1)
nonisolated(unsafe) private let again = JSONTape(seed: 2)

/// A document that parses has a well-formed tape, its canonical writing parses to the same writing, and none of its prefixes parses.
func fuzz(_ input: ByteView) {
    let limits = JSONLimits(bytes: 1 << 20, depth: 32, nodes: 4096)
    if let fault = tape.parse(input, limits: limits) {
        expect(fault.offset >= 0 && fault.offset <= input.count, "a fault lies inside the bytes")
        return
    }
    expect(tape.count > 0 && tape.count <= limits.nodes, "a document has nodes, no more than allowed")
    expect(tape.end(0) == tape.count, "the root spans the tape")
    let once = ByteWriter()
    write(tape, 0, depth: 0, to: once)
    // Room for escapes that the writer spells longer than the input did.
    let fault = again.parse(once.view, limits: JSONLimits(bytes: 1 << 24, depth: 32, nodes: 4096))
    expect(fault == nil, "the canonical writing parses")
    let twice = ByteWriter()
    write(again, 0, depth: 0, to: twice)
    expect(once.view == twice.view, "writing twice is writing once")
    guard tape.kind(0) == .object || tape.kind(0) == .array else { return }
    var closing = input.count
    while closing > 0, [0x20, 0x09, 0x0A, 0x0D].contains(input[closing - 1]) { closing -= 1 }
    for length in stride(from: 0, to: closing, by: max(1, closing / 16)) {
        withExactCopy(input[0, length]) { expect(again.parse($0, limits: limits) != nil, "a prefix of a document is none") }
    }
}

/// Writes a subtree, and holds the tape's shape against its promises on the way; answers the index after it.
@discardableResult
private func write(_ tape: JSONTape, _ index: Int, depth: Int, to writer: ByteWriter) -> Int {
    let end = tape.end(index)
    expect(end > index && end <= tape.count, "a subtree ends after it starts and inside the tape")
    expect(depth <= 32, "no deeper than allowed")
    let isObject = tape.kind(index) == .object
    switch tape.kind(index) {
    case .object, .array:
        writer.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
        var child = index + 1
        var children = 0
        while child < end {
            if children > 0 { writer.append(UInt8(ascii: ",")) }
            if isObject {
                expect(tape.kind(child) == .key, "a member starts with its name")
                writeText(tape, child, to: writer)
                writer.append(UInt8(ascii: ":"))
                child += 1
            }
            child = write(tape, child, depth: depth + 1, to: writer)
            children += 1
        }
        expect(child == end, "children fill their parent")
        expect(tape.childCount(index) == children, "a container knows its number of children")
        writer.append(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    case .string, .key:
        writeText(tape, index, to: writer)
    case .number:
        if let integer = tape.int64(index) {
            writer.append(decimal: Int(integer))
        } else {
            writer.append(tape.raw(index))
        }
        _ = tape.double(index)
    case .true, .false, .null:
        writer.append(tape.raw(index))
    }
    return end
}

private func writeText(_ tape: JSONTape, _ index: Int, to writer: ByteWriter) {
    let text = ByteWriter()
    tape.appendUnescaped(index, to: text)
    expect(text.count <= tape.range(index).count, "unescaping never makes text longer")
    expect(UTF8Scan.firstFault(in: text.view) == nil, "text is valid UTF-8")
    expect(tape.equals(index, text.view), "a text equals itself")
    writer.append(jsonString: text.view)
}
