/// One thing wrong with a document, where it is and how to put it right.
///
/// Loading never stops at the first fault: it collects findings, and a document with an error among them is not used.
public struct Finding: Error, Hashable, Sendable {
    /// Whether the document can be used in spite of the finding.
    public enum Severity: String, Sendable, CaseIterable {
        case error, warning
    }

    public var severity: Severity
    /// The file as it was named to the loader.
    public var file: String
    /// One-based line; 0 when the finding is about the whole file.
    public var line: Int
    /// One-based column in Unicode scalars; 0 when the finding is about the whole file.
    public var column: Int
    /// The RFC 6901 pointer of the node; empty for the root or when the document could not be read that far.
    public var pointer: String
    /// A kebab-case word without dynamic text, fit for a metric label.
    public var code: String
    /// What is wrong and how to fix it.
    public var message: String

    public init(
        severity: Severity = .error, file: String, line: Int, column: Int, pointer: String, code: String, message: String
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.pointer = pointer
        self.code = code
        self.message = message
    }

    /// A finding at the place of `node`.
    public init(severity: Severity = .error, at node: SourceNode, code: String, message: String) {
        self.init(
            severity: severity, file: node.file, line: node.line, column: node.column, pointer: node.pointer, code: code,
            message: message)
    }
}

extension Finding: CustomStringConvertible {
    /// `file:line:column: error[code] pointer: message`; parts that are unknown are left out.
    public var description: String {
        var text = file
        if line > 0 { text += ":\(line):\(column)" }
        text += ": \(severity.rawValue)[\(code)]"
        if !pointer.isEmpty { text += " \(pointer)" }
        return text + ": \(message)"
    }
}

extension Sequence where Element == Finding {
    /// Whether any of the findings forbids using the document.
    public var hasErrors: Bool { contains { $0.severity == .error } }
}
