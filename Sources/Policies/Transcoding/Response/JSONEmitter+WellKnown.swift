import Bytes
import Protobuf

/// Messages whose JSON is not an object of their fields.
extension JSONEmitter {
    func special(_ program: MessageProgram, _ bytes: ByteView, depth: Int) -> Bool {
        switch program.form {
        case .timestamp: return time(bytes, isDuration: false)
        case .duration: return time(bytes, isDuration: true)
        case .wrapper: return wrapper(program, bytes, depth: depth)
        case .structure, .listValue: return container(program, bytes, depth: depth)
        case .value: return dynamicValue(program, bytes, depth: depth)
        case .fieldMask: return fieldMask(bytes)
        case .any: return any(program, bytes, depth: depth)
        case .empty, .httpBody, .plain: return scratch.fail(.unrepresentable)
        }
    }

    private func time(_ bytes: ByteView, isDuration: Bool) -> Bool {
        var reader = WireReader(bytes)
        var seconds: Int64 = 0
        var nanos: Int32 = 0
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return scratch.fail(.malformedMessage) }
            switch (tag.number, tag.type) {
            case (1, .varint):
                guard let raw = reader.readVarint() else { return scratch.fail(.malformedMessage) }
                seconds = Int64(bitPattern: raw)
            case (2, .varint):
                guard let raw = reader.readVarint() else { return scratch.fail(.malformedMessage) }
                nanos = Int32(truncatingIfNeeded: raw)
            default: guard reader.skip(tag) else { return scratch.fail(.malformedMessage) }
            }
        }
        guard isDuration ? TimeText.isDuration(seconds, nanos) : TimeText.isTimestamp(seconds, nanos) else {
            return scratch.fail(.unrepresentable)
        }
        out.append(UInt8(ascii: "\""))
        if isDuration { out.append(duration: seconds, nanos) } else { out.append(timestamp: seconds, nanos) }
        out.append(UInt8(ascii: "\""))
        return true
    }

    private func wrapper(_ program: MessageProgram, _ bytes: ByteView, depth: Int) -> Bool {
        let field = pool.field(program, 0)
        var reader = WireReader(bytes)
        var last: WireReader?
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return scratch.fail(.malformedMessage) }
            if tag == field.tag { last = reader }
            guard reader.skip(tag) else { return scratch.fail(.malformedMessage) }
        }
        if var value = last { return self.value(field, &value, depth: depth) }
        defaultValue(field)
        return true
    }

    /// Struct and ListValue: the JSON of their only field.
    private func container(_ program: MessageProgram, _ bytes: ByteView, depth: Int) -> Bool {
        let field = pool.field(program, 0)
        let base = scratch.mapEntries.count
        defer { scratch.mapEntries.removeSubrange(base...) }
        let isList = field.shape != .map
        if isList { out.append(UInt8(ascii: "[")) }
        let start = out.count
        var reader = WireReader(bytes)
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return scratch.fail(.malformedMessage) }
            if tag != field.tag {
                guard reader.skip(tag) else { return scratch.fail(.malformedMessage) }
            } else if isList {
                guard elements(field, tag.type, &reader, start: start, depth: depth) else { return false }
            } else {
                guard let range = reader.readLengthDelimited() else { return scratch.fail(.malformedMessage) }
                guard collect(field, bytes, range) else { return false }
            }
        }
        if !isList { return map(field, bytes, from: base, depth: depth) }
        out.append(UInt8(ascii: "]"))
        return true
    }

    /// `google.protobuf.Value`: the member last set, parts of one message merged; `null` when none is.
    private func dynamicValue(_ program: MessageProgram, _ bytes: ByteView, depth: Int) -> Bool {
        var reader = WireReader(bytes)
        var last = -1
        var value = reader
        var runStart = 0
        var parts = 0
        while !reader.isAtEnd {
            let before = reader.offset
            guard let tag = reader.readTag() else { return scratch.fail(.malformedMessage) }
            let index = pool.fieldIndex(program, numbered: tag.number)
            if index >= 0, tag == pool.field(program, index).tag {
                if index != last {
                    runStart = before
                    parts = 0
                }
                last = index
                value = reader
                parts &+= 1
            }
            guard reader.skip(tag) else { return scratch.fail(.malformedMessage) }
        }
        guard last >= 0 else {
            out.append("null")
            return true
        }
        let field = pool.field(program, last)
        if field.kind == .double {
            guard let bits = number(field.kind, &value), Double(bitPattern: bits).isFinite else {
                return scratch.fail(.unrepresentable)
            }
            append(field, bits)
            return true
        }
        guard parts > 1, field.kind == .message else { return self.value(field, &value, depth: depth) }
        return merged(field, bytes, from: runStart, depth: depth)
    }

    private func merged(_ field: FieldProgram, _ bytes: ByteView, from start: Int, depth: Int) -> Bool {
        let joined = scratch.borrow()
        defer { scratch.giveBack() }
        var reader = WireReader(bytes, in: ByteRange(start, bytes.count))
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return scratch.fail(.malformedMessage) }
            if tag == field.tag, let range = reader.readLengthDelimited() {
                joined.append(bytes[range])
            } else if !reader.skip(tag) {
                return scratch.fail(.malformedMessage)
            }
        }
        return message(Int(field.reference), joined.view, depth: depth &+ 1)
    }

    private func fieldMask(_ bytes: ByteView) -> Bool {
        out.append(UInt8(ascii: "\""))
        let start = out.count
        var reader = WireReader(bytes)
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return scratch.fail(.malformedMessage) }
            guard tag == WireTag(number: 1, type: .lengthDelimited) else {
                guard reader.skip(tag) else { return scratch.fail(.malformedMessage) }
                continue
            }
            guard let range = reader.readLengthDelimited() else { return scratch.fail(.malformedMessage) }
            if out.count > start { out.append(UInt8(ascii: ",")) }
            let path = bytes[range]
            guard PlainText.isPlain(path), FieldMaskText.append(camelCased: path, to: out) else {
                return scratch.fail(.unrepresentable)
            }
        }
        out.append(UInt8(ascii: "\""))
        return true
    }

    private func any(_ program: MessageProgram, _ bytes: ByteView, depth: Int) -> Bool {
        var reader = WireReader(bytes)
        var url = ByteView.empty
        var contents = ByteView.empty
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return scratch.fail(.malformedMessage) }
            if tag.type == .lengthDelimited, tag.number <= 2 {
                guard let range = reader.readLengthDelimited() else { return scratch.fail(.malformedMessage) }
                if tag.number == 1 { url = bytes[range] } else { contents = bytes[range] }
            } else if !reader.skip(tag) {
                return scratch.fail(.malformedMessage)
            }
        }
        if url.isEmpty && contents.isEmpty {
            out.append("{}")
            return true
        }
        let index = pool.messageIndex(typeURL: url)
        guard index >= 0 else { return scratch.fail(.unknownType) }
        guard depth < TranscodingLimits.depth else { return scratch.fail(.depthExceeded) }
        out.append("{\"@type\":")
        guard text(pool.field(program, 0), url) else { return false }
        let target = pool.messages[index]
        if target.form.isSpecial {
            out.append(",\"value\":")
            guard message(index, contents, depth: depth &+ 1) else { return false }
        } else {
            guard members(target, contents, depth: depth &+ 1, isFirst: false) else { return false }
        }
        out.append(UInt8(ascii: "}"))
        return true
    }
}
