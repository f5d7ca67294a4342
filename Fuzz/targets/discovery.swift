import Bytes
import Discovery

/// The same things under other versions: a set, and one that differs from it in every kind.
nonisolated(unsafe) private let sets: [DiscoverySet] = [["a", "b", "c"], ["b", "c", "d"]].enumerated().map { index, names in
    DiscoverySet(
        generation: UInt64(index + 1),
        DiscoveryKind.allCases.flatMap { kind in
            names.map { DiscoveryResource(kind: kind, name: $0, version: $0 == "b" ? "\(index)" : "same", bytes: [10, 0]) }
        })
}
nonisolated(unsafe) private let out = ByteWriter()
nonisolated(unsafe) private let scratch = ByteWriter()

/// A client of either variant that sends what it likes: each message is a byte that steers, two of length, and so many of the request. What
/// it is told stays within what it may hear, never ends in a circle, and what it accepts makes it whole.
func fuzz(_ input: ByteView) {
    guard input.count > 0 else { return }
    let variant: DiscoveryVariant = input[0] & 1 == 0 ? .stateOfTheWorld : .delta
    var session = DiscoverySession(variant)
    var set = sets[0]
    var waiting: [DiscoveryResponse] = []
    var nonces: Set<String> = []
    var isAlive = true

    /// Everything that is to be said now.
    func hear() {
        var answers = 0
        while let answer = session.next(in: set) {
            answers += 1
            expect(answers < 100, "there is an end of what is to be told")
            expect(nonces.insert(answer.nonce).inserted, "no nonce is used twice")
            expect(Set(answer.resources.map(\.name)).count == answer.resources.count, "nothing is told twice at once")
            expect(variant == .delta || answer.removed.isEmpty, "only the delta variant names what is gone")
            out.removeAll()
            DiscoveryCoding.write(answer, variant, from: "fuzz", to: out, scratch: scratch)
            expect(DiscoveryCoding.request(out.view, variant) != nil, "what is written can be read")
            if answer.typeURL.hasPrefix("type.googleapis.com/envoy.") { waiting.append(answer) }
        }
    }

    /// Says of the oldest answer that it is accepted or refused.
    func reply(refusing: Bool) {
        guard !waiting.isEmpty else { return }
        let answer = waiting.removeFirst()
        guard let kind = session.kinds.first(where: { $0.kind.typeURL == answer.typeURL }), kind.isWaiting else { return }
        var request = DiscoveryRequest()
        request.typeURL = answer.typeURL
        request.nonce = answer.nonce
        request.version = answer.version
        request.refusal = refusing ? "no" : nil
        if variant == .stateOfTheWorld { request.names = answer.resources.map(\.name) }
        if case .invalid(let reason) = session.receive(request, in: set) { expect(false, "an answer is valid: \(reason)") }
    }

    var offset = 1
    while isAlive, offset + 3 <= input.count {
        let (steer, length) = (input[offset], Int(input[offset + 1]) << 8 | Int(input[offset + 2]))
        offset += 3
        let message = input[offset, min(offset + length, input.count)]
        offset += message.count
        if steer & 1 != 0 { reply(refusing: steer & 2 != 0) }
        if steer & 4 != 0 { set = sets[Int(steer >> 3 & 1)] }
        let request = withExactCopy(message) { DiscoveryCoding.request($0, variant) }
        if let request, case .invalid = session.receive(request, in: set) { isAlive = false } else { hear() }
        expect(session.kinds.count <= DiscoveryKind.allCases.count, "kinds are bounded")
    }
    guard isAlive else { return }
    for _ in 0..<100 {
        hear()
        if waiting.isEmpty { break }
        reply(refusing: false)
    }
    hear()
    expect(waiting.isEmpty, "a client that accepts everything has everything in the end")
    let isContent = session.kinds.allSatisfy { !$0.isWaiting && $0.refusal == nil }
    expect(!isContent || session.isSynchronized(with: set), "and is known to have it")
}
