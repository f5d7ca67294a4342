import Bytes
import Documents
import Flags
import JSON

/// `flags`: flags of a document, asked for contexts: `{"document", "now", "asks": [{"flag", "context"}]}`.
///
/// A context is an object with a `targetingKey`; `now` is in milliseconds since 1970.
func flags(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    let set: FlagSet
    switch FlagSet.read(try arguments.required("document").document, file: "flags.json") {
    case .failure(let fault): return ["refused": .text(fault.message)]
    case .success(let read): set = read
    }
    let now = try arguments.integer("now")
    var answers: [Answer] = []
    for ask in try arguments.required("asks").elements {
        let name = try ask.text("flag")
        guard let flag = set.flags[name] else {
            answers.append(.null)
            continue
        }
        let found = flag.evaluate(ContextSubject(try ask.required("context")), now: now)
        answers.append(
            found.map { .object(["variation": .text($0.name), "value": .json(Array($0.json.utf8))]) } ?? .text("none"))
    }
    return ["answers": .list(answers), "findings": .list(set.findings.map { .text("\($0)") })]
}

/// A context as whoever asks writes it.
private struct ContextSubject: FlagSubject {
    private let context: Arguments
    private let keyBytes: ByteWriter

    init(_ context: Arguments) {
        self.context = context
        keyBytes = ByteWriter()
        (context["targetingKey"]?.text ?? "").withByteView { keyBytes.append($0) }
    }

    var key: ByteView { keyBytes.view }

    func operand(_ name: ByteView) -> FlagOperand? {
        var value: Arguments? = context
        for part in String(name == "key" ? ByteView("targetingKey") : name).split(separator: ".") { value = value?[String(part)] }
        guard let value else { return nil }
        switch value.tape.kind(value.node) {
        case .string: return .text(value.tape.raw(value.node))
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .number: return .number(Double(String(value.tape.raw(value.node))) ?? 0)
        default: return .something
        }
    }
}
