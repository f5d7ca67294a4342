import Bytes
import JSON
import Protobuf

/// Writes JSON nodes as the wire bytes of a message; every function answers false after noting a fault in `scratch`.
struct WireEncoder {
    let pool: CodecPool
    let tape: JSONTape
    let out: ByteWriter
    let scratch: TranscodingScratch

    /// The contents of message `index` from the value at `node`, without tag and length.
    func message(_ index: Int, _ node: Int, depth: Int) -> Bool {
        guard depth <= TranscodingLimits.depth else { return scratch.fail(.depthExceeded, node: node) }
        let program = pool.messages[index]
        if program.form.isSpecial { return special(program, node, depth: depth) }
        guard tape.kind(node) == .object else { return scratch.fail(.expectedObject, node: node) }
        return members(program, node, depth: depth, excluding: -1)
    }

    /// The members of the object at `node`; the name at `excluded` is no field.
    func members(_ program: MessageProgram, _ node: Int, depth: Int, excluding excluded: Int) -> Bool {
        var seen = SeenBits(scratch, Int(program.fieldCount) &+ Int(program.oneofCount))
        defer { seen.end(scratch) }
        var expected = 0
        var key = node &+ 1
        let end = tape.end(node)
        while key < end {
            let value = key &+ 1
            if key != excluded {
                let index = fieldIndex(program, key, expected: expected)
                if index >= 0 {
                    expected = index &+ 1
                    guard member(program, index, key, value, &seen, depth: depth) else { return false }
                } else if !pool.options.ignoresUnknownMembers {
                    return scratch.fail(.unknownField, node: value)
                }
            }
            key = tape.end(value)
        }
        return true
    }

    @inline(__always)
    private func member(
        _ program: MessageProgram, _ index: Int, _ key: Int, _ value: Int, _ seen: inout SeenBits, depth: Int
    ) -> Bool {
        guard seen.insert(index, scratch) else { return scratch.fail(.duplicateField, node: value) }
        let field = pool.field(program, index)
        if tape.kind(value) == .null && !(field.acceptsNull && field.shape == .singular) { return true }
        if field.oneof >= 0 {
            guard seen.insert(Int(program.fieldCount) &+ Int(field.oneof), scratch) else {
                return scratch.fail(.oneofConflict, node: value)
            }
        }
        return self.field(field, value, depth: depth)
    }

    /// Clients mostly write members in the order of the fields, so the next field is tried before the table.
    @inline(__always)
    func fieldIndex(_ program: MessageProgram, _ key: Int, expected: Int) -> Int {
        guard !tape.hasEscapes(key) else { return escapedFieldIndex(program, key) }
        let name = tape.raw(key)
        if expected < Int(program.fieldCount), pool.names.view[pool.field(program, expected).jsonName] == name { return expected }
        return pool.fieldIndex(program, named: name)
    }

    private func escapedFieldIndex(_ program: MessageProgram, _ key: Int) -> Int {
        scratch.text.removeAll()
        tape.appendUnescaped(key, to: scratch.text)
        return pool.fieldIndex(program, named: scratch.text.view)
    }

    /// One field with its tags, from a value that is not an absent `null`.
    func field(_ field: FieldProgram, _ node: Int, depth: Int) -> Bool {
        switch field.shape {
        case .singular: return singular(field, node, depth: depth, isElement: false)
        case .map: return map(field, node, depth: depth)
        case .repeated, .packed: break
        }
        guard tape.kind(node) == .array else { return scratch.fail(.expectedArray, node: node) }
        guard tape.childCount(node) > 0 else { return true }
        return field.shape == .packed ? packed(field, node) : repeated(field, node, depth: depth)
    }

    func repeated(_ field: FieldProgram, _ node: Int, depth: Int) -> Bool {
        var element = node &+ 1
        let end = tape.end(node)
        while element < end {
            if tape.kind(element) == .null && !field.acceptsNull { return scratch.fail(.nullElement, node: element) }
            guard singular(field, element, depth: depth, isElement: true) else { return false }
            element = tape.end(element)
        }
        return true
    }

    private func packed(_ field: FieldProgram, _ node: Int) -> Bool {
        out.append(tag: field.packedTag)
        let mark = out.openLengthDelimited()
        var element = node &+ 1
        let end = tape.end(node)
        while element < end {
            if tape.kind(element) == .null && !field.acceptsNull { return scratch.fail(.nullElement, node: element) }
            if let bits = number(field, element) {
                out.append(bits, as: field.kind)
            } else if scratch.code != nil {
                return false
            }
            element = tape.end(element)
        }
        out.closeLengthDelimited(mark)
        return true
    }

    /// One value; elements, map keys and map values are written even when they are defaults.
    func singular(_ field: FieldProgram, _ node: Int, depth: Int, isElement: Bool) -> Bool {
        switch field.kind {
        case .string: return string(field, node, isElement: isElement)
        case .bytes: return bytes(field, node, isElement: isElement)
        case .message:
            out.append(tag: field.tag)
            let mark = out.openLengthDelimited()
            guard message(Int(field.reference), node, depth: depth &+ 1) else { return false }
            out.closeLengthDelimited(mark)
            return true
        case .group:
            out.append(tag: field.tag)
            guard message(Int(field.reference), node, depth: depth &+ 1) else { return false }
            out.append(tag: WireTag(number: field.number, type: .endGroup))
            return true
        default:
            guard let bits = number(field, node) else { return scratch.code == nil }
            if bits == 0 && !field.hasPresence && !isElement { return true }
            out.append(tag: field.tag)
            out.append(bits, as: field.kind)
            return true
        }
    }

    private func string(_ field: FieldProgram, _ node: Int, isElement: Bool) -> Bool {
        guard tape.kind(node) == .string else { return scratch.fail(.wrongType, node: node) }
        let raw = tape.raw(node)
        if raw.isEmpty && !field.hasPresence && !isElement { return true }
        out.append(tag: field.tag)
        if tape.hasEscapes(node) {
            let mark = out.openLengthDelimited()
            tape.appendUnescaped(node, to: out)
            out.closeLengthDelimited(mark)
        } else {
            out.append(lengthDelimited: raw)
        }
        return true
    }

    private func bytes(_ field: FieldProgram, _ node: Int, isElement: Bool) -> Bool {
        guard tape.kind(node) == .string else { return scratch.fail(.wrongType, node: node) }
        let text = self.text(node)
        if text.isEmpty && !field.hasPresence && !isElement { return true }
        out.append(tag: field.tag)
        let mark = out.openLengthDelimited()
        guard out.append(base64Decoded: text) else { return scratch.fail(.invalidBase64, node: node) }
        out.closeLengthDelimited(mark)
        return true
    }

    /// The unescaped bytes of a string or name; valid until the scratch text is used again.
    func text(_ node: Int) -> ByteView {
        guard tape.hasEscapes(node) else { return tape.raw(node) }
        scratch.text.removeAll()
        tape.appendUnescaped(node, to: scratch.text)
        return scratch.text.view
    }

    func map(_ field: FieldProgram, _ node: Int, depth: Int) -> Bool {
        guard tape.kind(node) == .object else { return scratch.fail(.expectedObject, node: node) }
        guard depth < TranscodingLimits.depth else { return scratch.fail(.depthExceeded, node: node) }
        let entry = pool.messages[Int(field.reference)]
        guard entry.fieldCount == 2 else { return scratch.fail(.unrepresentable, node: node) }
        let keyField = pool.field(entry, 0)
        let valueField = pool.field(entry, 1)
        var key = node &+ 1
        let end = tape.end(node)
        while key < end {
            let value = key &+ 1
            if tape.kind(value) == .null && !valueField.acceptsNull { return scratch.fail(.nullElement, node: value) }
            let start = out.count
            out.append(tag: field.tag)
            let mark = out.openLengthDelimited()
            guard mapKey(keyField, key, value) else { return false }
            let filled = out.count
            guard singular(valueField, value, depth: depth &+ 1, isElement: true) else { return false }
            // An ignored unknown enum name takes its whole entry with it.
            if out.count == filled { out.truncate(to: start) } else { out.closeLengthDelimited(mark) }
            key = tape.end(value)
        }
        return true
    }

    private func mapKey(_ field: FieldProgram, _ key: Int, _ value: Int) -> Bool {
        if field.kind == .string {
            out.append(tag: field.tag)
            out.append(lengthDelimited: text(key))
            return true
        }
        switch NumericText.bits(field.kind, text(key)) {
        case .success(let bits):
            out.append(tag: field.tag)
            out.append(bits, as: field.kind)
            return true
        case .failure(let code): return scratch.fail(code, node: value)
        }
    }
}

/// Which fields and oneofs of one message were met: one word, or a frame in the scratch for larger messages.
struct SeenBits {
    private var word: UInt64 = 0
    private let frame: Int

    @inline(__always)
    init(_ scratch: TranscodingScratch, _ count: Int) {
        if count <= 64 {
            frame = -1
        } else {
            frame = scratch.bits.count
            scratch.bits.append(contentsOf: repeatElement(0, count: (count &+ 63) >> 6))
        }
    }

    /// Notes a bit; false when it was there.
    @inline(__always)
    mutating func insert(_ index: Int, _ scratch: TranscodingScratch) -> Bool {
        let bit = UInt64(1) << UInt64(index & 63)
        if frame < 0 {
            guard word & bit == 0 else { return false }
            word |= bit
            return true
        }
        let place = frame &+ index >> 6
        guard scratch.bits[place] & bit == 0 else { return false }
        scratch.bits[place] |= bit
        return true
    }

    @inline(__always)
    func end(_ scratch: TranscodingScratch) {
        if frame >= 0 { scratch.bits.removeSubrange(frame...) }
    }
}
