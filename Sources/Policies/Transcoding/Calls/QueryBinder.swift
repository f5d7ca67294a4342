import Bytes
import Protobuf

/// Query parameters, each the text of one field that neither path nor body binds.
struct QueryBinder {
    let program: CallProgram
    let encoder: WireEncoder
    let scratch: TranscodingScratch

    private var pool: CodecPool { program.pool }

    /// Writes every parameter, or answers the fault of the first that cannot be.
    func bind(_ query: ByteView) -> TranscodingFault? {
        for binding in program.bindings {
            let start = scratch.steps.count
            for step in binding.steps { scratch.steps.append(step) }
            remember(start, binding.steps.count)
        }
        if case .field(let index) = program.body {
            scratch.steps.append(pool.messages[program.input].firstField &+ Int32(index))
            remember(scratch.steps.count &- 1, 1)
        }
        let bound = scratch.assignments.count
        var start = 0
        var count = 0
        while start <= query.count {
            let end = query.firstIndex(of: UInt8(ascii: "&"), from: start) ?? query.count
            if end > start {
                count &+= 1
                if count > TranscodingLimits.parameters { return TranscodingFault(.tooManyParameters, in: .query) }
                if let fault = parameter(query[start, end], bound: bound) { return fault }
            }
            start = end &+ 1
        }
        return nil
    }

    private func parameter(_ text: ByteView, bound: Int) -> TranscodingFault? {
        let equals = text.firstIndex(of: UInt8(ascii: "="))
        let rule = PercentDecoding.Rule(plusIsSpace: pool.options.readsPlusAsSpace)
        scratch.name.removeAll()
        scratch.value.removeAll()
        guard PercentDecoding.append(text[0, equals ?? text.count], rule, to: scratch.name),
            PercentDecoding.append(equals.map { text[$0 &+ 1, text.count] } ?? .empty, rule, to: scratch.value)
        else { return fault(.invalidEscape) }
        let base = scratch.steps.count
        guard resolve(scratch.name.view) else {
            scratch.steps.removeSubrange(base...)
            return pool.options.ignoresUnknownParameters ? nil : fault(.unknownParameter)
        }
        let field = pool.fields[Int(scratch.steps[scratch.steps.count &- 1])]
        if FieldPath.leaf(field, pool) == .unbindable { return fault(.unbindableParameter) }
        if let code = clash(from: base, isRepeated: field.shape != .singular, bound: bound) { return fault(code) }
        guard encoder.text(scratch.value.view, at: scratch.steps[base...]) else { return fault(scratch.code ?? .wrongType) }
        return nil
    }

    private func fault(_ code: TranscodingFault.Code) -> TranscodingFault {
        // A name is the client's text: only what is text can be shown.
        TranscodingFault(code, in: .query, field: String(scratch.name.view))
    }

    /// Appends the way a dotted name goes to `scratch.steps`; false when there is no such field.
    private func resolve(_ name: ByteView) -> Bool {
        if case .all = program.body { return false }
        var message = program.input
        var start = 0
        var depth = 0
        while true {
            let end = name.firstIndex(of: UInt8(ascii: "."), from: start) ?? name.count
            let owner = pool.messages[message]
            let index = pool.fieldIndex(owner, named: name[start, end])
            depth &+= 1
            guard index >= 0, depth <= TranscodingLimits.parameterDepth else { return false }
            let field = pool.field(owner, index)
            scratch.steps.append(owner.firstField &+ Int32(truncatingIfNeeded: index))
            if end == name.count { return true }
            guard field.kind.isMessage, field.shape == .singular, !pool.messages[Int(field.reference)].form.isSpecial else {
                return false
            }
            message = Int(field.reference)
            start = end &+ 1
        }
    }

    /// Notes that the field at the end of this way is set.
    private func remember(_ start: Int, _ count: Int) {
        scratch.assignments.append(
            TranscodingScratch.Assignment(start: Int32(truncatingIfNeeded: start), count: Int32(truncatingIfNeeded: count)))
    }

    /// Compares the field at the end of `scratch.steps` with all that are set; notes it when it may be set too.
    private func clash(from base: Int, isRepeated: Bool, bound: Int) -> TranscodingFault.Code? {
        let count = scratch.steps.count &- base
        for index in 0..<scratch.assignments.count {
            let other = scratch.assignments[index]
            var common = 0
            while common < count, common < Int(other.count),
                scratch.steps[base &+ common] == scratch.steps[Int(other.start) &+ common]
            { common &+= 1 }
            if common == Int(other.count) || common == count {
                // What path or body fill is not a parameter, nor is any part of it.
                if index < bound { return .unknownParameter }
                if common == Int(other.count) && common == count {
                    if isRepeated { return nil }
                    return .repeatedParameter
                }
                continue
            }
            let left = pool.fields[Int(scratch.steps[base &+ common])]
            let right = pool.fields[Int(scratch.steps[Int(other.start) &+ common])]
            if left.oneof >= 0, left.oneof == right.oneof { return .oneofConflict }
        }
        remember(base, count)
        return nil
    }
}
