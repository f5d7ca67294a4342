import Bytes
import Documents
import Flags

/// A caller whose every name is a part of the input.
private struct Anyone: FlagSubject {
    let text: ByteView

    var key: ByteView { text }

    func operand(_ name: ByteView) -> FlagOperand? {
        switch name.isEmpty ? 0 : name[0] & 3 {
        case 0: .text(text)
        case 1: .bool(true)
        case 2: .number(Double(text.count))
        default: nil
        }
    }
}

/// A document of flags is read or refused with a reason; a flag that is read has an answer for anyone at any time, one of its variations.
func fuzz(_ input: ByteView) {
    switch FlagSet.read(Array(input), file: "fuzz.yaml") {
    case .failure(let fault): expect(!fault.message.isEmpty, "a refusal has its reason")
    case .success(let set):
        for finding in set.findings { expect(finding.line >= 1, "a finding has a place") }
        for flag in set.flags.values {
            expect(!flag.variations.isEmpty, "a flag has variations")
            for now in [Int64.min / 2, 0, 1_800_000_000_000, Int64.max / 2] {
                let found = flag.evaluate(Anyone(text: input[0, min(input.count, 32)]), now: now)
                expect(found.map { found in flag.variations.contains { $0.name == found.name } } ?? true, "it is one of them")
            }
        }
    }
}
