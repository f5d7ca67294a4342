import Bytes
import Protobuf

/// Messages whose fields come out of order, interleaved, split or replaced: gathered by field, then written.
extension JSONEmitter {
    /// The members of the message in order of their numbers.
    func gathered(_ program: MessageProgram, _ bytes: ByteView, depth: Int, isFirst: Bool) -> Bool {
        let frame = Frame(scratch, program)
        defer { frame.end(scratch) }
        guard gather(program, bytes, frame) else { return false }
        var isFirst = isFirst
        for index in 0..<Int(program.fieldCount) {
            let head = frame.head(index, scratch)
            if head < 0 {
                if pool.options.emitsDefaults { defaults(program, index, index &+ 1, &isFirst) }
            } else if !member(pool.field(program, index), bytes, head, &isFirst, depth: depth) {
                blame(program, index)
                return false
            }
        }
        return true
    }

    /// One field of the message as a bare JSON value, its default when it is absent.
    func bareField(_ program: MessageProgram, _ index: Int, _ bytes: ByteView, depth: Int) -> Bool {
        let frame = Frame(scratch, program)
        defer { frame.end(scratch) }
        guard gather(program, bytes, frame) else { return false }
        let field = pool.field(program, index)
        let head = frame.head(index, scratch)
        guard head >= 0 else {
            defaultValue(field)
            return true
        }
        let written: Bool =
            switch field.shape {
            case .singular: singular(field, bytes, head, depth: depth)
            case .repeated, .packed: list(field, bytes, head, depth: depth)
            case .map: map(field, bytes, head, depth: depth)
            }
        if !written { blame(program, index) }
        return written
    }

    /// Chains of entries by field, and the member that each oneof holds, in the scratch's stacks.
    struct Frame {
        let base: Int
        let entries: Int
        let fieldCount: Int

        init(_ scratch: TranscodingScratch, _ program: MessageProgram) {
            base = scratch.heads.count
            entries = scratch.entries.count
            fieldCount = Int(program.fieldCount)
            scratch.heads.append(contentsOf: repeatElement(-1, count: fieldCount &* 2 &+ Int(program.oneofCount)))
        }

        func end(_ scratch: TranscodingScratch) {
            scratch.heads.removeSubrange(base...)
            scratch.entries.removeSubrange(entries...)
        }

        func head(_ index: Int, _ scratch: TranscodingScratch) -> Int { Int(scratch.heads[base &+ index]) }

        /// A new member of a oneof clears the one it had.
        func choose(_ index: Int, oneof: Int, _ scratch: TranscodingScratch) {
            let place = base &+ fieldCount &* 2 &+ oneof
            let current = Int(scratch.heads[place])
            if current >= 0 && current != index { scratch.heads[base &+ current] = -1 }
            scratch.heads[place] = Int32(truncatingIfNeeded: index)
        }

        func add(_ index: Int, _ entry: TranscodingScratch.Entry, replacing: Bool, _ scratch: TranscodingScratch) {
            let new = Int32(truncatingIfNeeded: scratch.entries.count)
            scratch.entries.append(entry)
            if replacing || scratch.heads[base &+ index] < 0 {
                scratch.heads[base &+ index] = new
            } else {
                scratch.entries[Int(scratch.heads[base &+ fieldCount &+ index])].next = new
            }
            scratch.heads[base &+ fieldCount &+ index] = new
        }
    }

    private func gather(_ program: MessageProgram, _ bytes: ByteView, _ frame: Frame) -> Bool {
        var reader = WireReader(bytes)
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return scratch.fail(.malformedMessage) }
            let index = pool.fieldIndex(program, numbered: tag.number)
            let offset = reader.offset
            var contents = ByteRange.empty
            var value = reader
            switch tag.type {
            case .lengthDelimited:
                guard let range = reader.readLengthDelimited() else { return scratch.fail(.malformedMessage) }
                contents = range
            case .startGroup:
                guard let range = reader.readGroup(tag.number) else { return scratch.fail(.malformedMessage) }
                contents = range
            default: guard reader.skip(tag) else { return scratch.fail(.malformedMessage) }
            }
            guard index >= 0 else { continue }
            let field = pool.field(program, index)
            guard matches(field, tag) else { continue }
            let isSingleScalar = field.shape == .singular && !field.kind.isMessage
            if isSingleScalar, field.kind == .enumeration {
                guard let bits = number(field.kind, &value), !isUnknown(field, bits) else { continue }
            }
            if field.oneof >= 0 { frame.choose(index, oneof: Int(field.oneof), scratch) }
            let entry = TranscodingScratch.Entry(
                next: -1, type: tag.type.rawValue, offset: UInt32(truncatingIfNeeded: offset), contents: contents)
            frame.add(index, entry, replacing: isSingleScalar, scratch)
        }
        return true
    }

    private func reader(_ entry: TranscodingScratch.Entry, _ bytes: ByteView) -> WireReader {
        WireReader(bytes, in: ByteRange(Int(entry.offset), bytes.count))
    }

    private func member(
        _ field: FieldProgram, _ bytes: ByteView, _ head: Int, _ isFirst: inout Bool, depth: Int
    ) -> Bool {
        switch field.shape {
        case .singular where !field.kind.isMessage:
            var reader = reader(scratch.entries[head], bytes)
            return singularMember(field, &reader, &isFirst, depth: depth)
        case .singular:
            label(field, &isFirst)
            return singular(field, bytes, head, depth: depth)
        case .map:
            let base = scratch.mapEntries.count
            defer { scratch.mapEntries.removeSubrange(base...) }
            guard collect(field, bytes, head) else { return false }
            return mapMember(field, bytes, from: base, &isFirst, depth: depth)
        case .repeated, .packed:
            let wasFirst = isFirst
            let before = out.count
            label(field, &isFirst)
            let start = out.count
            guard list(field, bytes, head, depth: depth) else { return false }
            if out.count == start &+ 2 && !pool.options.emitsDefaults {
                out.truncate(to: before)
                isFirst = wasFirst
            }
            return true
        }
    }

    /// One value; a message that came in parts is the concatenation of them, which is how protobuf merges.
    private func singular(_ field: FieldProgram, _ bytes: ByteView, _ head: Int, depth: Int) -> Bool {
        let first = scratch.entries[head]
        guard field.kind.isMessage else {
            var reader = reader(first, bytes)
            return value(field, &reader, depth: depth)
        }
        guard first.next >= 0 else { return message(Int(field.reference), bytes[first.contents], depth: depth &+ 1) }
        let joined = scratch.borrow()
        defer { scratch.giveBack() }
        var index = head
        while index >= 0 {
            joined.append(bytes[scratch.entries[index].contents])
            index = Int(scratch.entries[index].next)
        }
        return message(Int(field.reference), joined.view, depth: depth &+ 1)
    }

    private func list(_ field: FieldProgram, _ bytes: ByteView, _ head: Int, depth: Int) -> Bool {
        out.append(UInt8(ascii: "["))
        let start = out.count
        var index = head
        while index >= 0 {
            let entry = scratch.entries[index]
            var reader = reader(entry, bytes)
            guard elements(field, WireType(rawValue: entry.type) ?? .varint, &reader, start: start, depth: depth) else {
                return false
            }
            index = Int(entry.next)
        }
        out.append(UInt8(ascii: "]"))
        return true
    }

    private func map(_ field: FieldProgram, _ bytes: ByteView, _ head: Int, depth: Int) -> Bool {
        let base = scratch.mapEntries.count
        defer { scratch.mapEntries.removeSubrange(base...) }
        return collect(field, bytes, head) && map(field, bytes, from: base, depth: depth)
    }

    /// Notes the entries chained from `head`.
    private func collect(_ field: FieldProgram, _ bytes: ByteView, _ head: Int) -> Bool {
        var index = head
        while index >= 0 {
            guard collect(field, bytes, scratch.entries[index].contents) else { return false }
            index = Int(scratch.entries[index].next)
        }
        return true
    }
}
