import Bytes
public import Protobuf

extension CallProgram {
    /// Compiles the translation of one operation.
    ///
    /// Findings are complete, never only the first; the program is nil when there is one.
    public static func compile(
        _ method: MethodDescriptor, binding: CallBinding, pool: CodecPool
    ) -> (program: CallProgram?, findings: [TranscodingFinding]) {
        var compiler = CallCompiler(method: method, pool: pool)
        let program = compiler.compile(binding)
        return (compiler.findings.isEmpty ? program : nil, compiler.findings)
    }
}

/// Resolves the names of a binding and collects what is wrong with them.
struct CallCompiler {
    let method: MethodDescriptor
    let pool: CodecPool
    var findings: [TranscodingFinding] = []
    private var literals: [UInt8] = []

    init(method: MethodDescriptor, pool: CodecPool) {
        self.method = method
        self.pool = pool
    }

    var input: MessageProgram { pool.messages[method.input] }
    private var inputName: String { pool.descriptors.messages[method.input].fullName }

    mutating func compile(_ binding: CallBinding) -> CallProgram {
        if method.isClientStreaming, binding.body == .none {
            report(.streamingMethod, "method", "A request of several messages needs a body that brings them; bind one.")
        }
        var seen: [ContiguousArray<Int32>] = []
        let bindings = binding.fields.compactMap { resolve($0, &seen) }
        let body = resolve(binding.body, seen)
        let responseField = responseField(binding.responseBody)
        return CallProgram(
            pool: pool, isClientStreaming: method.isClientStreaming, isServerStreaming: method.isServerStreaming,
            methodPath: method.path, input: method.input, output: method.output,
            bindings: ContiguousArray(bindings), literals: literals, body: body,
            responseField: responseField, updateMask: updateMask(binding, body, seen),
            items: items(binding), rawRequest: rawRequest(body), rawResponse: rawResponse(responseField))
    }

    mutating func report(_ code: TranscodingFinding.Code, _ place: String, _ message: String) {
        findings.append(TranscodingFinding(code, path: "\(method.service)/\(method.name) \(place)", message: message))
    }

    private mutating func resolve(
        _ field: CallBinding.Field, _ seen: inout [ContiguousArray<Int32>]
    ) -> CallProgram.Binding? {
        guard let steps = resolve(path: field.path) else { return nil }
        for other in seen { checkOverlap(steps, other, field.path) }
        seen.append(steps)
        let leaf = steps.last.map { pool.fields[Int($0)] }
        if field.parts.isEmpty { report(.emptyBinding, field.path, "It has no text: bind a path variable or a literal.") }
        if field.parts.count > 1, leaf?.kind != .string {
            report(.compositeNeedsString, field.path, "Text put together of several parts needs a string field.")
        }
        if zip(field.parts, field.parts.dropFirst()).contains(where: { $0.isCapture && $1.isCapture }) {
            report(.compositeAmbiguous, field.path, "Two variables without text between them cannot be told apart.")
        }
        let keepsSlash = field.parts.count > 1 && field.parts.contains { $0.holdsSlash }
        let parts = field.parts.compactMap { part -> CallProgram.Part? in
            switch part {
            case .capture(let index, let isMultiSegment):
                return .capture(index, .init(keepsSlash: isMultiSegment || keepsSlash))
            case .literal(let text):
                let start = literals.count
                literals += text.utf8
                return text.isEmpty ? nil : .literal(ByteRange(start, literals.count))
            }
        }
        return CallProgram.Binding(
            path: field.path, steps: steps, parts: ContiguousArray(parts),
            isComposite: field.parts.filter(\.isCapture).count > 1)
    }

    private mutating func resolve(path: String) -> ContiguousArray<Int32>? {
        var steps: ContiguousArray<Int32> = []
        var message = method.input
        let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        for (position, name) in names.enumerated() {
            let owner = pool.messages[message]
            let index = name.withByteView { pool.fieldIndex(owner, named: $0) }
            guard index >= 0 else {
                report(.unknownField, path, "\(pool.descriptors.messages[message].fullName) has no field \(name).")
                return nil
            }
            let field = pool.field(owner, index)
            steps.append(owner.firstField + Int32(index))
            guard field.shape == .singular else {
                report(.repeatedInPath, path, "\(name) is a list or a map; a path variable fills one value.")
                return nil
            }
            if position == names.count - 1 {
                guard FieldPath.leaf(field, pool) != .unbindable else {
                    report(.unbindableType, path, "\(name) is a message; a path variable fills a scalar, an enum or a wrapper.")
                    return nil
                }
                return steps
            }
            guard field.kind.isMessage, !pool.messages[Int(field.reference)].form.isSpecial else {
                report(.notAMessage, path, "\(name) has no fields of its own.")
                return nil
            }
            message = Int(field.reference)
        }
        return nil
    }

    private mutating func checkOverlap(_ steps: ContiguousArray<Int32>, _ other: ContiguousArray<Int32>, _ path: String) {
        let common = zip(steps, other).prefix { $0 == $1 }.count
        if common == steps.count || common == other.count {
            report(.duplicateBinding, path, "Its field is bound twice; bind each field once.")
            return
        }
        let oneof = pool.fields[Int(steps[common])].oneof
        if oneof >= 0, oneof == pool.fields[Int(other[common])].oneof {
            report(.oneofConflict, path, "Another binding fills the same oneof; bind one of its members.")
        }
    }

    private mutating func resolve(_ body: CallBinding.Body, _ bound: [ContiguousArray<Int32>]) -> CallProgram.Body {
        switch body {
        case .none: return .none
        case .all: return .all
        case .field(let name):
            let index = name.withByteView { pool.fieldIndex(input, named: $0) }
            guard index >= 0 else {
                report(.bodyFieldMissing, "body", "\(inputName) has no field \(name); name a top-level field or *.")
                return .none
            }
            if bound.contains([input.firstField + Int32(index)]) {
                report(.bodyFieldBound, "body", "\(name) is bound by the path already; choose another field.")
            }
            return .field(index)
        }
    }

    private mutating func responseField(_ name: String?) -> Int {
        guard let name else { return -1 }
        let index = name.withByteView { pool.fieldIndex(pool.messages[method.output], named: $0) }
        if index < 0 {
            let output = pool.descriptors.messages[method.output].fullName
            report(.responseFieldMissing, "response_body", "\(output) has no field \(name); name a top-level field.")
        }
        return index
    }
}

extension CallBinding.Part {
    fileprivate var isCapture: Bool { if case .capture = self { true } else { false } }

    /// Whether it is fixed text with a slash: the whole is then a path of segments, in which `%2F` must stay a part of one.
    fileprivate var holdsSlash: Bool { if case .literal(let text) = self { text.contains("/") } else { false } }
}
