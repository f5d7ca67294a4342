import Bytes
public import Documents
import JSON

/// Findings as JSON: `{"findings":[{severity, code, file, line, column, pointer, message}]}`.
public struct FindingListing {
    private let findings: [Finding]

    public init(_ findings: [Finding]) { self.findings = findings }

    public var json: String {
        let out = ByteWriter()
        out.append("{\"findings\":[")
        for (index, finding) in findings.enumerated() {
            if index > 0 { out.append(",") }
            out.append("{\"severity\":")
            out.append(jsonString: finding.severity.rawValue)
            out.append(",\"code\":")
            out.append(jsonString: finding.code)
            out.append(",\"file\":")
            out.append(jsonString: finding.file)
            out.append(",\"line\":")
            out.append(decimal: finding.line)
            out.append(",\"column\":")
            out.append(decimal: finding.column)
            out.append(",\"pointer\":")
            out.append(jsonString: finding.pointer)
            out.append(",\"message\":")
            out.append(jsonString: finding.message)
            out.append("}")
        }
        out.append("]}")
        return String(out.view)
    }
}
