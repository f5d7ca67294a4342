import Bytes
import JSON
public import OpenAPIDiff

/// The changes of a diff as JSON:
/// `{"complete":true,"breaking":1,"warning":0,"note":2,"changes":[{level, code, side, file, line, column, pointer, place, message}]}`.
public struct ChangeListing {
    private let diff: DocumentDiff

    public init(_ diff: DocumentDiff) { self.diff = diff }

    /// `3 breaking, 1 warning, 5 note`, and a word when a limit cut the comparison short.
    public var summary: String {
        let counts = DocumentChange.Level.allCases.reversed().map { "\(count($0)) \($0.rawValue)" }.joined(separator: ", ")
        return diff.isComplete ? counts : counts + "; the documents are too large to be compared whole"
    }

    public var json: String {
        let out = ByteWriter()
        if diff.isComplete { out.append("{\"complete\":true") } else { out.append("{\"complete\":false") }
        for level in DocumentChange.Level.allCases.reversed() {
            out.append(",")
            out.append(jsonString: level.rawValue)
            out.append(":")
            out.append(decimal: count(level))
        }
        out.append(",\"changes\":")
        out.append(objects: diff.changes) { change in
            out.append(member: "level", change.level.rawValue)
            out.append(member: "code", change.code)
            out.append(member: "side", change.side.rawValue)
            out.append(member: "file", change.file)
            out.append(member: "line", change.line)
            out.append(member: "column", change.column)
            out.append(member: "pointer", change.pointer)
            out.append(member: "place", change.place)
            out.append(member: "message", change.message)
        }
        out.append("}")
        return String(out.view)
    }

    private func count(_ level: DocumentChange.Level) -> Int { diff.changes.count { $0.level == level } }
}
