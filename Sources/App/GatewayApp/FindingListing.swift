import Bytes
public import Documents
import JSON

/// Findings as JSON: `{"findings":[{severity, code, file, line, column, pointer, message}]}`.
public struct FindingListing {
    private let findings: [Finding]

    public init(_ findings: [Finding]) { self.findings = findings }

    public var json: String {
        let out = ByteWriter()
        out.append("{")
        append(to: out)
        out.append("}")
        return String(out.view)
    }

    /// Writes the member `findings` of an object.
    func append(to out: ByteWriter) {
        out.append("\"findings\":")
        out.append(objects: findings) { finding in
            out.append(member: "severity", finding.severity.rawValue)
            out.append(member: "code", finding.code)
            out.append(member: "file", finding.file)
            out.append(member: "line", finding.line)
            out.append(member: "column", finding.column)
            out.append(member: "pointer", finding.pointer)
            out.append(member: "message", finding.message)
        }
    }
}
