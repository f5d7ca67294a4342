import Bytes
import JSON
import Protobuf

/// Writes the paths of a JSON body as a `google.protobuf.FieldMask`, in the order of the body.
///
/// Objects are followed to their members; lists, maps and well-known types are values, an empty object and `null` too. What the
/// path binds is left out: the request cannot change it.
struct UpdateMaskWriter {
    let program: CallProgram
    let mask: UpdateMask
    let encoder: WireEncoder

    private var pool: CodecPool { program.pool }
    private var tape: JSONTape { encoder.tape }
    private var scratch: TranscodingScratch { encoder.scratch }

    /// Appends the mask; false after noting a fault.
    func write() -> Bool {
        guard let root = resource() else { return true }
        let out = encoder.out
        out.append(tag: WireTag(number: mask.number, type: .lengthDelimited))
        let mark = out.openLengthDelimited()
        scratch.name.removeAll()
        scratch.steps.removeAll(keepingCapacity: true)
        scratch.steps.append(mask.resource)
        var count = 0
        if tape.kind(root) == .object {
            guard members(Int(pool.fields[Int(mask.resource)].reference), root, mark: mark, &count) else { return false }
        }
        out.closeLengthDelimited(mark)
        return true
    }

    /// The node of the resource; nil when the body has none.
    private func resource() -> Int? {
        guard mask.isWholeBody else { return 0 }
        guard tape.kind(0) == .object else { return nil }
        let input = pool.messages[program.input]
        let wanted = Int(mask.resource &- input.firstField)
        var key = 1
        while key < tape.end(0) {
            if encoder.fieldIndex(input, key, expected: wanted) == wanted { return key &+ 1 }
            key = tape.end(key &+ 1)
        }
        return nil
    }

    /// The paths of an object's members, each after the path in `scratch.name`.
    private func members(_ message: Int, _ object: Int, mark: Int, _ count: inout Int) -> Bool {
        let owner = pool.messages[message]
        guard scratch.steps.count <= TranscodingLimits.maskDepth else { return scratch.fail(.depthExceeded, node: object) }
        let prefix = scratch.name.count
        var expected = 0
        var key = object &+ 1
        let end = tape.end(object)
        while key < end {
            let value = key &+ 1
            let index = encoder.fieldIndex(owner, key, expected: expected)
            // An unknown member is here only when the options let it be dropped.
            if index >= 0 {
                expected = index &+ 1
                let field = pool.field(owner, index)
                if prefix > 0 { scratch.name.append(UInt8(ascii: ".")) }
                scratch.name.append(pool.names.view[field.protoName])
                scratch.steps.append(owner.firstField &+ Int32(truncatingIfNeeded: index))
                guard member(field, value, mark: mark, &count) else { return false }
                scratch.steps.removeLast()
                scratch.name.truncate(to: prefix)
            }
            key = tape.end(value)
        }
        return true
    }

    private func member(_ field: FieldProgram, _ value: Int, mark: Int, _ count: inout Int) -> Bool {
        let isBranch =
            field.shape == .singular && field.kind.isMessage && !pool.messages[Int(field.reference)].form.isSpecial
            && tape.kind(value) == .object && tape.childCount(value) > 0
        if isBranch { return members(Int(field.reference), value, mark: mark, &count) }
        // A path that names a message names every field in it, so one that the path binds in part is left out as well.
        return isBound || path(value, mark: mark, &count)
    }

    /// Whether a path variable fills the field at the end of `scratch.steps` or one inside it.
    private var isBound: Bool {
        let steps = scratch.steps
        for binding in program.bindings where binding.steps.count >= steps.count {
            var common = 0
            while common < steps.count, binding.steps[common] == steps[common] { common &+= 1 }
            if common == steps.count { return true }
        }
        return false
    }

    private func path(_ value: Int, mark: Int, _ count: inout Int) -> Bool {
        let out = encoder.out
        count &+= 1
        guard count <= TranscodingLimits.maskPaths,
            out.count &- mark &+ scratch.name.count <= TranscodingLimits.maskBytes
        else { return scratch.fail(.tooManyPaths, node: value) }
        out.append(tag: WireTag(number: 1, type: .lengthDelimited))
        out.append(lengthDelimited: scratch.name.view)
        return true
    }
}
