import Bytes
import Protobuf

/// Maps: entries are repeated messages of key and value in which the last of equal keys wins.
extension JSONEmitter {
    /// The entries of a map that stand together; the reader is at the first one's length.
    func mapMember(_ field: FieldProgram, _ reader: inout WireReader, _ isFirst: inout Bool, depth: Int) -> Bool {
        let base = scratch.mapEntries.count
        defer { scratch.mapEntries.removeSubrange(base...) }
        repeat {
            guard let range = reader.readLengthDelimited() else { return scratch.fail(.malformedMessage) }
            guard collect(field, reader.bytes, range) else { return false }
        } while following(field, &reader) != nil
        return mapMember(field, reader.bytes, from: base, &isFirst, depth: depth)
    }

    /// The entries noted since `base` as a member; nothing when none of them is shown.
    func mapMember(_ field: FieldProgram, _ bytes: ByteView, from base: Int, _ isFirst: inout Bool, depth: Int) -> Bool {
        let wasFirst = isFirst
        let before = out.count
        label(field, &isFirst)
        let start = out.count
        guard map(field, bytes, from: base, depth: depth) else { return false }
        if out.count == start &+ 2 && !pool.options.emitsDefaults {
            out.truncate(to: before)
            isFirst = wasFirst
        }
        return true
    }

    /// Notes one entry and its key.
    func collect(_ field: FieldProgram, _ bytes: ByteView, _ range: ByteRange) -> Bool {
        let entry = pool.messages[Int(field.reference)]
        guard entry.fieldCount == 2 else { return scratch.fail(.unrepresentable) }
        let keyField = pool.field(entry, 0)
        var reader = WireReader(bytes, in: range)
        var key: UInt64 = 0
        var text = ByteRange.empty
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return scratch.fail(.malformedMessage) }
            if tag != keyField.tag {
                guard reader.skip(tag) else { return scratch.fail(.malformedMessage) }
            } else if keyField.kind == .string {
                guard let found = reader.readLengthDelimited() else { return scratch.fail(.malformedMessage) }
                text = found
            } else {
                guard let found = number(keyField.kind, &reader) else { return scratch.fail(.malformedMessage) }
                key = found
            }
        }
        scratch.mapEntries.append(
            TranscodingScratch.MapEntry(contents: range, key: key, keyText: text, isReplaced: false))
        return true
    }

    /// The entries noted since `base`, as an object.
    func map(_ field: FieldProgram, _ bytes: ByteView, from base: Int, depth: Int) -> Bool {
        guard depth < TranscodingLimits.depth else { return scratch.fail(.depthExceeded) }
        let entry = pool.messages[Int(field.reference)]
        let keyField = pool.field(entry, 0)
        let valueField = pool.field(entry, 1)
        let end = scratch.mapEntries.count
        if end &- base > 1 { markReplaced(bytes, base, end, isText: keyField.kind == .string) }
        out.append(UInt8(ascii: "{"))
        let start = out.count
        var index = base
        while index < end {
            let item = scratch.mapEntries[index]
            index &+= 1
            if item.isReplaced { continue }
            let before = out.count
            if before > start { out.append(UInt8(ascii: ",")) }
            if keyField.kind == .string {
                guard text(keyField, bytes[item.keyText]) else { return false }
            } else {
                mapKey(keyField, item.key)
            }
            out.append(UInt8(ascii: ":"))
            let filled = out.count
            guard mapValue(valueField, bytes, item.contents, depth: depth &+ 1) else { return false }
            // An unknown value of a closed enum takes its entry with it.
            if out.count == filled { out.truncate(to: before) }
        }
        out.append(UInt8(ascii: "}"))
        return true
    }

    private func mapKey(_ field: FieldProgram, _ key: UInt64) {
        switch field.kind {
        case .int64, .uint64, .fixed64, .sfixed64, .sint64: append(field, key)
        default:
            out.append(UInt8(ascii: "\""))
            append(field, key)
            out.append(UInt8(ascii: "\""))
        }
    }

    /// The value of one entry: the last one, messages merged; the default when there is none.
    private func mapValue(_ field: FieldProgram, _ bytes: ByteView, _ entry: ByteRange, depth: Int) -> Bool {
        var reader = WireReader(bytes, in: entry)
        var last: WireReader?
        var count = 0
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return scratch.fail(.malformedMessage) }
            if tag == field.tag {
                let here = reader
                if !isUnknownNext(field, reader) {
                    last = here
                    count &+= 1
                } else if last == nil {
                    count = -1
                }
            }
            guard reader.skip(tag) else { return scratch.fail(.malformedMessage) }
        }
        if count < 0 { return true }
        guard var value = last else {
            if field.kind.isMessage { return message(Int(field.reference), .empty, depth: depth &+ 1) }
            defaultValue(field)
            return true
        }
        guard field.kind.isMessage, count > 1 else { return self.value(field, &value, depth: depth) }
        return mergedValue(field, bytes, entry, depth: depth)
    }

    private func isUnknownNext(_ field: FieldProgram, _ reader: WireReader) -> Bool {
        guard field.kind == .enumeration else { return false }
        var ahead = reader
        return number(field.kind, &ahead).map { isUnknown(field, $0) } ?? false
    }

    private func mergedValue(_ field: FieldProgram, _ bytes: ByteView, _ entry: ByteRange, depth: Int) -> Bool {
        let joined = scratch.borrow()
        defer { scratch.giveBack() }
        var reader = WireReader(bytes, in: entry)
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return scratch.fail(.malformedMessage) }
            if tag == field.tag, tag.type == .lengthDelimited {
                guard let range = reader.readLengthDelimited() else { return scratch.fail(.malformedMessage) }
                joined.append(bytes[range])
            } else if !reader.skip(tag) {
                return scratch.fail(.malformedMessage)
            }
        }
        return message(Int(field.reference), joined.view, depth: depth &+ 1)
    }

    /// Marks every entry that a later one with the same key replaces.
    private func markReplaced(_ bytes: ByteView, _ base: Int, _ end: Int, isText: Bool) {
        if end &- base <= TranscodingLimits.pairwiseEntries {
            for earlier in base..<end &- 1 {
                for later in (earlier &+ 1)..<end where isSame(bytes, earlier, later, isText: isText) {
                    scratch.mapEntries[earlier].isReplaced = true
                    break
                }
            }
            return
        }
        var size = 64
        while size < (end &- base) &* 2 { size &*= 2 }
        scratch.mapSlots.removeAll(keepingCapacity: true)
        scratch.mapSlots.append(contentsOf: repeatElement(-1, count: size))
        for index in base..<end { insert(bytes, index, mask: size &- 1, isText: isText) }
    }

    private func insert(_ bytes: ByteView, _ index: Int, mask: Int, isText: Bool) {
        let entry = scratch.mapEntries[index]
        var key = entry.key
        let hash = isText ? scratch.hash(bytes[entry.keyText]) : withUnsafeBytes(of: &key) { scratch.hash(ByteView($0)) }
        var slot = Int(truncatingIfNeeded: hash) & mask
        while scratch.mapSlots[slot] >= 0 {
            let other = Int(scratch.mapSlots[slot])
            if isSame(bytes, other, index, isText: isText) {
                scratch.mapEntries[other].isReplaced = true
                break
            }
            slot = (slot &+ 1) & mask
        }
        scratch.mapSlots[slot] = Int32(truncatingIfNeeded: index)
    }

    private func isSame(_ bytes: ByteView, _ left: Int, _ right: Int, isText: Bool) -> Bool {
        let one = scratch.mapEntries[left]
        let other = scratch.mapEntries[right]
        return isText ? bytes[one.keyText] == bytes[other.keyText] : one.key == other.key
    }
}
