import Bytes
import ControlMessages

nonisolated(unsafe) private let request = RateLimitRequest()
nonisolated(unsafe) private let again = RateLimitRequest()

/// Everything a decoded request says, in one text.
private func tell(_ request: RateLimitRequest, _ bytes: ByteView) -> String {
    var parts = [String(bytes[request.domain]), "\(request.hitsAddend)"]
    var next = 0
    for descriptor in request.descriptors {
        expect(descriptor.entries.lowerBound == next, "descriptors share no entries")
        next = descriptor.entries.upperBound
        parts.append("\(descriptor.limit.map { "\($0.requestsPerUnit)/\($0.unit)" } ?? "-") \(descriptor.hits ?? 0)")
        parts.append("\(descriptor.isNegative)")
        for position in descriptor.entries {
            let entry = request.entries[position]
            parts.append("\(Array(bytes[entry.key]))=\(Array(bytes[entry.value]))")
        }
    }
    expect(next == request.entries.count, "every entry belongs to a descriptor")
    return parts.joined(separator: "\n")
}

/// Whatever is taken lies inside the message, within the limits, and means the same behind a field that nobody knows.
func fuzz(_ input: ByteView) {
    let outcome = withExactCopy(input) { bytes -> String? in
        guard request.decode(bytes) == nil else { return nil }
        expect(request.descriptors.count <= RateLimitRequest.maximumDescriptors, "descriptors are bounded")
        expect(request.entries.count <= RateLimitRequest.maximumEntries, "entries are bounded")
        return tell(request, bytes)
    }
    let longer = ByteWriter()
    longer.append(ByteView("\u{2a}\u{01}x"))
    longer.append(input)
    let second = withExactCopy(longer.view) { bytes in again.decode(bytes) == nil ? tell(again, bytes) : nil }
    expect(outcome == second, "an unknown field changes nothing: \(outcome ?? "refused") \(second ?? "refused")")
}
