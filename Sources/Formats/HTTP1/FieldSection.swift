public import Bytes
public import HTTPSemantics

/// The field lines of a head up to and including the blank line (RFC 9112 section 5), strictly.
///
/// Refused: line folding, whitespace before the colon, an empty name, a name that is no token, a line break other than CRLF,
/// and any control byte but the tab in a value. Bytes above ASCII are allowed in values and never looked at.
public enum FieldSection {
    /// Parses lines from `start` into `table`, which must be empty; looks at no byte at or after `end`.
    public static func parse(_ bytes: ByteView, from start: Int, to end: Int, into table: FieldTable, limit: Int) -> HeadOutcome {
        let base = bytes.base
        var index = start
        while true {
            guard index < end else { return .incomplete }
            if base[index] == Byte.cr {
                guard index &+ 1 < end else { return .incomplete }
                return base[index &+ 1] == Byte.lf ? .complete(headBytes: index &+ 2) : .invalid(.bareLineBreak)
            }
            var line = FieldLine(name: .empty, value: .empty, line: .empty, id: .other)
            switch parseLine(base, from: index, to: end, into: &line) {
            case .done(let next): index = next
            case .incomplete: return .incomplete
            case .invalid(let fault): return .invalid(fault)
            }
            guard table.count < limit, table.append(line) else { return .invalid(.tooManyFields) }
        }
    }

    /// Parses one line with its CRLF; answers the offset after it.
    @inline(__always)
    static func parseLine(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int, into line: inout FieldLine) -> Step {
        guard let nameEnd = ByteScan.colon(base, from: start, to: end) else { return nameStep(base, from: start, to: end) }
        let id = FieldName(recognising: ByteView(base + start, nameEnd &- start))
        // A known name is a token as it stands.
        if id == .other, !ByteClass.token.matches(ByteView(base + start, nameEnd &- start)) {
            return nameStep(base, from: start, to: end)
        }
        var index = nameEnd &+ 1
        while index < end, base[index].isFieldSpace { index &+= 1 }
        let valueStart = index
        index = ByteScan.endOfValue(base, from: index, to: end)
        guard index < end else { return .incomplete }
        guard base[index] == Byte.cr else { return .invalid(base[index] == Byte.lf ? .bareLineBreak : .invalidFieldValue) }
        guard index &+ 1 < end else { return .incomplete }
        guard base[index &+ 1] == Byte.lf else { return .invalid(.bareLineBreak) }
        var valueEnd = index
        while valueEnd > valueStart, base[valueEnd &- 1].isFieldSpace { valueEnd &-= 1 }
        line.name = ByteRange(start, nameEnd)
        line.value = ByteRange(valueStart, valueEnd)
        line.line = ByteRange(start, index &+ 2)
        line.id = id
        return .done(index &+ 2)
    }

    /// Why a line does not start with a name and its colon: it is incomplete, or some byte before the colon must not be there.
    @inline(never)
    private static func nameStep(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Step {
        var index = start
        while index < end, ByteClass.token.contains(base[index]) { index &+= 1 }
        guard index < end else { return .incomplete }
        switch base[index] {
        case Byte.space, Byte.tab: return .invalid(index == start ? .foldedLine : .spaceInFieldName)
        case Byte.colon: return .invalid(.emptyFieldName)
        case Byte.lf: return .invalid(.bareLineBreak)
        default: return .invalid(.invalidFieldName)
        }
    }
}
