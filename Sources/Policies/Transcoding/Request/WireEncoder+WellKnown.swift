import Bytes
import JSON
import Protobuf

/// Messages whose JSON is not an object of their fields.
extension WireEncoder {
    func special(_ program: MessageProgram, _ node: Int, depth: Int) -> Bool {
        let first = program.fieldCount > 0 ? pool.field(program, 0) : nil
        switch (program.form, first) {
        case (.timestamp, _), (.duration, _), (.fieldMask, _):
            guard tape.kind(node) == .string else { return scratch.fail(.wrongType, node: node) }
            return special(program, text: text(node), node)
        case (.wrapper, let field?):
            return singular(field, node, depth: depth, isElement: false)
        case (.structure, let field?):
            return map(field, node, depth: depth)
        case (.listValue, let field?):
            guard tape.kind(node) == .array else { return scratch.fail(.expectedArray, node: node) }
            return repeated(field, node, depth: depth)
        case (.value, _): return value(program, node, depth: depth)
        case (.any, _): return any(program, node, depth: depth)
        default: return scratch.fail(.unrepresentable, node: node)
        }
    }

    /// The types written as one string, in a body as in a path or query.
    func special(_ program: MessageProgram, text: ByteView, _ node: Int) -> Bool {
        switch program.form {
        case .timestamp:
            guard let time = TimeText.timestamp(text) else { return scratch.fail(.invalidTimestamp, node: node) }
            append(time)
            return true
        case .duration:
            guard let time = TimeText.duration(text) else { return scratch.fail(.invalidDuration, node: node) }
            append(time)
            return true
        case .fieldMask: return fieldMask(text) || scratch.fail(.invalidFieldMask, node: node)
        default: return scratch.fail(.unrepresentable, node: node)
        }
    }

    private func append(_ time: (seconds: Int64, nanos: Int32)) {
        if time.seconds != 0 {
            out.append(tag: WireTag(number: 1, type: .varint))
            out.append(varint: UInt64(bitPattern: time.seconds))
        }
        if time.nanos != 0 {
            out.append(tag: WireTag(number: 2, type: .varint))
            out.append(varint: UInt64(bitPattern: Int64(time.nanos)))
        }
    }

    private func fieldMask(_ text: ByteView) -> Bool {
        var start = 0
        while start < text.count {
            let end = text.firstIndex(of: UInt8(ascii: ","), from: start) ?? text.count
            out.append(tag: WireTag(number: 1, type: .lengthDelimited))
            let mark = out.openLengthDelimited()
            // What no JSON string could hold unescaped is no field name, and the answer's direction would refuse it.
            guard PlainText.isPlain(text[start, end]), FieldMaskText.append(snakeCased: text[start, end], to: out) else {
                return false
            }
            out.closeLengthDelimited(mark)
            start = end &+ 1
            if start == text.count { return false }
        }
        return true
    }

    /// Fields of `google.protobuf.Value` in order: null, number, string, bool, struct, list.
    private func value(_ program: MessageProgram, _ node: Int, depth: Int) -> Bool {
        let index =
            switch tape.kind(node) {
            case .null: 0
            case .number: 1
            case .string, .key: 2
            case .true, .false: 3
            case .object: 4
            case .array: 5
            }
        return singular(pool.field(program, index), node, depth: depth, isElement: true)
    }

    private func any(_ program: MessageProgram, _ node: Int, depth: Int) -> Bool {
        guard tape.kind(node) == .object else { return scratch.fail(.expectedObject, node: node) }
        guard tape.childCount(node) > 0 else { return true }
        guard let type = tape.member(of: node, named: "@type") else { return scratch.fail(.missingType, node: node) }
        guard tape.kind(type) == .string else { return scratch.fail(.wrongType, node: type) }
        let url = text(type)
        let index = pool.messageIndex(typeURL: url)
        guard index >= 0 else { return scratch.fail(.unknownType, node: type) }
        out.append(tag: pool.field(program, 0).tag)
        out.append(lengthDelimited: url)
        let start = out.count
        out.append(tag: pool.field(program, 1).tag)
        let mark = out.openLengthDelimited()
        guard anyContents(index, node, type: type, depth: depth &+ 1) else { return false }
        if out.count == mark { out.truncate(to: start) } else { out.closeLengthDelimited(mark) }
        return true
    }

    private func anyContents(_ index: Int, _ node: Int, type: Int, depth: Int) -> Bool {
        guard depth <= TranscodingLimits.depth else { return scratch.fail(.depthExceeded, node: node) }
        let program = pool.messages[index]
        guard program.form.isSpecial else {
            if program.form == .empty, isEmptyValue(node, type: type) { return true }
            return members(program, node, depth: depth, excluding: type &- 1)
        }
        guard let value = tape.member(of: node, named: "value") else { return scratch.fail(.wrongType, node: node) }
        if tape.childCount(node) > 2 && !pool.options.ignoresUnknownMembers { return scratch.fail(.unknownField, node: node) }
        return message(index, value, depth: depth)
    }
    /// Whether an Any of Empty is written as those write it who count Empty among the types with a form of their own.
    private func isEmptyValue(_ node: Int, type: Int) -> Bool {
        guard tape.childCount(node) == 2, let value = tape.member(of: node, named: "value") else { return false }
        return value != type && tape.kind(value) == .object && tape.childCount(value) == 0
    }
}
