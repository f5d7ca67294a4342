import Bytes
import RESP

private func limits(strict: Bool) -> RESPLimits {
    var limits = RESPLimits()
    if strict {
        limits.bulkBytes = 64
        limits.lineBytes = 32
        limits.values = 16
        limits.depth = 3
    }
    return limits
}

/// Everything a value says, in one text.
private func tell(_ value: RESPValue) -> String {
    guard value.kind.isAggregate else {
        expect(value.count == 0 && value[0] == nil, "a scalar has no children")
        expect(value.isNull == (value.content == nil), "every scalar but null has content")
        if value.kind == .integer { expect(value.integer != nil, "an integer has a value") }
        if value.kind == .double { expect(value.double != nil, "a double has a value") }
        if value.kind == .boolean { expect(value.boolean != nil, "a boolean has a value") }
        return "\(value.kind)(\(value.content.map { String($0) } ?? ""))"
    }
    var parts: [String] = []
    for child in value.children { parts.append(tell(child)) }
    expect(parts.count == value.count, "an aggregate has the children it announced")
    expect(value.kind != .map || parts.count % 2 == 0, "a map is pairs")
    return "\(value.kind)[\(parts.joined(separator: ","))]"
}

/// What a parser makes of all of `bytes`, reply after reply; the bytes come in pieces when there is a seed.
private func story(_ bytes: ByteView, strict: Bool, seed: UInt8?) -> [String] {
    let parser = RESPParser(limits: limits(strict: strict))
    var pieces = Pieces(seed: seed ?? 0)
    var told: [String] = []
    var start = 0
    var end = seed == nil ? bytes.count : 0
    while true {
        let outcome = withExactCopy(bytes[start, end]) { view in
            let outcome = parser.parse(view)
            if case .complete(let length) = outcome {
                expect(length > 0 && length <= view.count, "a reply has a length")
                told.append(parser.value(in: view).map(tell) ?? "none")
                expect(told.last != "none", "a whole reply has a value")
                start += length
            }
            return outcome
        }
        switch outcome {
        case .complete: break
        case .fault(let fault):
            told.append("fault \(fault.code)")
            return told
        case .incomplete:
            if end == bytes.count { return told + ["incomplete \(bytes.count - start)"] }
            end = min(bytes.count, end + pieces.next())
        }
    }
}

/// The first byte chooses limits and pieces: a stream of replies means the same however it is split.
func fuzz(_ input: ByteView) {
    guard !input.isEmpty else { return }
    let strict = input[0] & 1 == 1
    let bytes = input[1, input.count]
    let whole = story(bytes, strict: strict, seed: nil)
    let split = story(bytes, strict: strict, seed: input[0] >> 1)
    expect(whole == split, "the same replies however the bytes are split: \(whole) \(split)")
}
