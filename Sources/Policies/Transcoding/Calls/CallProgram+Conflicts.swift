import Bytes
import JSON

/// A body that speaks of a field the path binds.
extension CallProgram {
    /// The fault of a body that gives the binding's field another value than the text in `scratch.value`, or nil.
    func conflict(_ binding: Binding, _ tape: JSONTape, _ scratch: TranscodingScratch) -> TranscodingFault? {
        var steps = binding.steps[...]
        var message = input
        if case .field(let index) = body {
            let field = pool.messages[input].firstField &+ Int32(index)
            guard steps.first == field else { return oneofConflict(field, steps, tape, binding) }
            steps = steps.dropFirst()
            message = Int(pool.fields[Int(field)].reference)
        }
        var node = 0
        let encoder = WireEncoder(pool: pool, tape: tape, out: scratch.left, scratch: scratch)
        while let step = steps.first {
            guard tape.kind(node) == .object else { return nil }
            switch find(step, in: message, node, encoder) {
            case .absent: return nil
            case .sibling(let sibling): return conflictFault(.oneofConflict, sibling, encoder)
            case .value(let value): node = value
            }
            let field = pool.fields[Int(step)]
            steps = steps.dropFirst()
            if steps.isEmpty { return isEqual(field, binding, node, encoder) ? nil : conflictFault(.pathConflict, node, encoder) }
            message = Int(field.reference)
        }
        return nil
    }

    private enum Found {
        case absent
        case value(Int)
        /// Another member of the field's oneof.
        case sibling(Int)
    }

    private func find(_ step: Int32, in message: Int, _ object: Int, _ encoder: WireEncoder) -> Found {
        let program = pool.messages[message]
        let wanted = Int(step &- program.firstField)
        let oneof = pool.fields[Int(step)].oneof
        var key = object &+ 1
        let end = encoder.tape.end(object)
        while key < end {
            let value = key &+ 1
            let index = encoder.fieldIndex(program, key, expected: wanted)
            if index >= 0, encoder.tape.kind(value) != .null {
                if index == wanted { return .value(value) }
                if oneof >= 0, pool.field(program, index).oneof == oneof { return .sibling(value) }
            }
            key = encoder.tape.end(value)
        }
        return .absent
    }

    /// Both values are written the same way, so equal values are equal bytes.
    private func isEqual(_ field: FieldProgram, _ binding: Binding, _ node: Int, _ encoder: WireEncoder) -> Bool {
        let scratch = encoder.scratch
        scratch.left.removeAll()
        guard encoder.field(field, node, depth: 1) else { return false }
        scratch.right.removeAll()
        let other = WireEncoder(pool: pool, tape: encoder.tape, out: scratch.right, scratch: scratch)
        // A text the field cannot take is reported as the path's fault, not the body's.
        guard other.text(scratch.value.view, at: binding.steps.suffix(1)) else {
            scratch.code = nil
            return true
        }
        return scratch.left.view == scratch.right.view
    }

    private func oneofConflict(
        _ field: Int32, _ steps: ArraySlice<Int32>, _ tape: JSONTape, _ binding: Binding
    ) -> TranscodingFault? {
        guard let first = steps.first, pool.fields[Int(field)].oneof >= 0, tape.kind(0) != .null,
            pool.fields[Int(field)].oneof == pool.fields[Int(first)].oneof
        else { return nil }
        return TranscodingFault(.oneofConflict, in: .body, field: binding.path)
    }

    private func conflictFault(_ code: TranscodingFault.Code, _ node: Int, _ encoder: WireEncoder) -> TranscodingFault {
        encoder.scratch.code = nil
        encoder.scratch.fail(code, node: node)
        return encoder.fault(root: 0)
    }
}
