import Bytes
import JSON
import Protobuf

/// Writes the wire bytes of a message as JSON; every function answers false after noting a fault in `scratch`.
///
/// Upstreams write fields once and in ascending order, so one pass suffices as a rule. Where the wire says otherwise, the pass is
/// taken back and the fields are gathered first (`JSONEmitter+Gathered.swift`).
struct JSONEmitter {
    let pool: CodecPool
    let out: ByteWriter
    let scratch: TranscodingScratch

    /// Message `index` as one JSON value.
    func message(_ index: Int, _ bytes: ByteView, depth: Int) -> Bool {
        guard depth <= TranscodingLimits.depth else { return scratch.fail(.depthExceeded) }
        let program = pool.messages[index]
        if program.form.isSpecial { return special(program, bytes, depth: depth) }
        out.append(UInt8(ascii: "{"))
        guard members(program, bytes, depth: depth, isFirst: true) else { return false }
        out.append(UInt8(ascii: "}"))
        return true
    }

    /// The members without the braces; `isFirst` false when some stand before them.
    func members(_ program: MessageProgram, _ bytes: ByteView, depth: Int, isFirst: Bool) -> Bool {
        let start = out.count
        switch ordered(program, bytes, depth: depth, isFirst: isFirst) {
        case .done: return true
        case .failed: return false
        case .disordered:
            out.truncate(to: start)
            return gathered(program, bytes, depth: depth, isFirst: isFirst)
        }
    }

    private enum Pass { case done, failed, disordered }

    private func ordered(_ program: MessageProgram, _ bytes: ByteView, depth: Int, isFirst: Bool) -> Pass {
        var reader = WireReader(bytes)
        var isFirst = isFirst
        var last = -1
        var oneofs: UInt64 = 0
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return malformed() }
            let index = pool.fieldIndex(program, numbered: tag.number)
            guard index >= 0 else {
                guard reader.skip(tag) else { return malformed() }
                continue
            }
            let field = pool.field(program, index)
            guard index > last, matches(field, tag) else { return .disordered }
            if field.oneof >= 0 {
                // Oneofs beyond the sixty-third share a bit: two of them are gathered needlessly, never wrongly.
                let bit = UInt64(1) << UInt64(min(field.oneof, 63))
                guard oneofs & bit == 0 else { return .disordered }
                oneofs |= bit
            }
            if pool.options.emitsDefaults { defaults(program, last &+ 1, index, &isFirst) }
            last = index
            guard member(field, tag, &reader, &isFirst, depth: depth) else {
                blame(program, index)
                return .failed
            }
        }
        if pool.options.emitsDefaults { defaults(program, last &+ 1, Int(program.fieldCount), &isFirst) }
        return .done
    }

    private func malformed() -> Pass {
        scratch.fail(.malformedMessage)
        return .failed
    }

    /// Whether the value has a wire type that the field can take; any other is an unknown field.
    @inline(__always)
    func matches(_ field: FieldProgram, _ tag: WireTag) -> Bool {
        tag == field.tag
            || (tag == field.packedTag && field.kind.isPackable && (field.shape == .packed || field.shape == .repeated))
    }

    func blame(_ program: MessageProgram, _ index: Int) {
        if scratch.faultyField < 0 { scratch.faultyField = program.firstField &+ Int32(index) }
    }

    /// The name of a member, with the comma before it.
    @inline(__always)
    func label(_ field: FieldProgram, _ isFirst: inout Bool) {
        if !isFirst { out.append(UInt8(ascii: ",")) }
        isFirst = false
        out.append(pool.names.view[field.label])
    }

    @inline(__always)
    private func member(
        _ field: FieldProgram, _ tag: WireTag, _ reader: inout WireReader, _ isFirst: inout Bool, depth: Int
    ) -> Bool {
        switch field.shape {
        case .singular: return singularMember(field, &reader, &isFirst, depth: depth)
        case .repeated, .packed: return repeatedMember(field, tag, &reader, &isFirst, depth: depth)
        case .map: return mapMember(field, &reader, &isFirst, depth: depth)
        }
    }

    /// One member with one value; nothing when it is the default of a field without presence.
    func singularMember(_ field: FieldProgram, _ reader: inout WireReader, _ isFirst: inout Bool, depth: Int) -> Bool {
        let showsDefault = field.hasPresence || pool.options.emitsDefaults
        switch field.kind {
        case .string, .bytes:
            guard let range = reader.readLengthDelimited() else { return scratch.fail(.malformedMessage) }
            if range.isEmpty && !showsDefault { return true }
            label(field, &isFirst)
            return text(field, reader.bytes[range])
        case .message, .group:
            guard let range = field.kind == .group ? reader.readGroup(field.number) : reader.readLengthDelimited() else {
                return scratch.fail(.malformedMessage)
            }
            label(field, &isFirst)
            return message(Int(field.reference), reader.bytes[range], depth: depth &+ 1)
        default:
            guard let bits = number(field.kind, &reader) else { return scratch.fail(.malformedMessage) }
            if (bits == 0 && !showsDefault) || isUnknown(field, bits) { return true }
            label(field, &isFirst)
            append(field, bits)
            return true
        }
    }

    /// All values of a list that stand together; nothing when there are none.
    private func repeatedMember(
        _ field: FieldProgram, _ first: WireTag, _ reader: inout WireReader, _ isFirst: inout Bool, depth: Int
    ) -> Bool {
        let wasFirst = isFirst
        let before = out.count
        label(field, &isFirst)
        out.append(UInt8(ascii: "["))
        let start = out.count
        var tag = first
        while true {
            guard elements(field, tag.type, &reader, start: start, depth: depth) else { return false }
            guard let next = following(field, &reader) else { break }
            tag = next
        }
        if out.count == start && !pool.options.emitsDefaults {
            out.truncate(to: before)
            isFirst = wasFirst
        } else {
            out.append(UInt8(ascii: "]"))
        }
        return true
    }

    /// Reads the next tag when it belongs to the same field; otherwise leaves the reader before it.
    func following(_ field: FieldProgram, _ reader: inout WireReader) -> WireTag? {
        guard !reader.isAtEnd else { return nil }
        var ahead = reader
        guard let next = ahead.readTag(), next.number == field.number, matches(field, next) else { return nil }
        reader = ahead
        return next
    }

    /// The values behind one tag of a list: one, or a packed run. `start` is where the first element of the list went.
    func elements(_ field: FieldProgram, _ type: WireType, _ reader: inout WireReader, start: Int, depth: Int) -> Bool {
        guard type == .lengthDelimited && field.kind.isPackable else {
            return element(field, &reader, start: start, depth: depth)
        }
        guard let range = reader.readLengthDelimited() else { return scratch.fail(.malformedMessage) }
        var run = WireReader(reader.bytes, in: range)
        while !run.isAtEnd {
            guard element(field, &run, start: start, depth: depth) else { return false }
        }
        return true
    }

    private func element(_ field: FieldProgram, _ reader: inout WireReader, start: Int, depth: Int) -> Bool {
        if field.kind.isPackable {
            guard let bits = number(field.kind, &reader) else { return scratch.fail(.malformedMessage) }
            if isUnknown(field, bits) { return true }
            if out.count > start { out.append(UInt8(ascii: ",")) }
            append(field, bits)
            return true
        }
        if out.count > start { out.append(UInt8(ascii: ",")) }
        return value(field, &reader, depth: depth)
    }

    /// One value as JSON, whatever it is.
    func value(_ field: FieldProgram, _ reader: inout WireReader, depth: Int) -> Bool {
        switch field.kind {
        case .string, .bytes:
            guard let range = reader.readLengthDelimited() else { return scratch.fail(.malformedMessage) }
            return text(field, reader.bytes[range])
        case .message:
            guard let range = reader.readLengthDelimited() else { return scratch.fail(.malformedMessage) }
            return message(Int(field.reference), reader.bytes[range], depth: depth &+ 1)
        case .group:
            guard let range = reader.readGroup(field.number) else { return scratch.fail(.malformedMessage) }
            return message(Int(field.reference), reader.bytes[range], depth: depth &+ 1)
        default:
            guard let bits = number(field.kind, &reader) else { return scratch.fail(.malformedMessage) }
            append(field, bits)
            return true
        }
    }

    /// Whether an enum number is an unknown field because its closed enum has no name for it.
    @inline(__always)
    func isUnknown(_ field: FieldProgram, _ bits: UInt64) -> Bool {
        guard field.kind == .enumeration, pool.enums[Int(field.reference)].isClosed else { return false }
        return pool.enumName(field.reference, numbered: Int32(truncatingIfNeeded: bits)) == nil
    }
}
