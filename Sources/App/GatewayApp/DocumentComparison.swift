public import Documents
import Files
import OpenAPI
public import OpenAPIDiff

/// Two versions of an OpenAPI document, read from disk and compared.
public struct DocumentComparison: Sendable {
    public let diff: DocumentDiff
    /// Warnings of both documents.
    public let findings: [Finding]

    /// Reads both documents with the files they refer to.
    /// - Throws: the findings, when either cannot be read.
    public static func load(old: String, new: String) throws([Finding]) -> DocumentComparison {
        let source = FileSource { FileReader.read($0).map(\.bytes).mapError { FileSource.Fault($0.message) } }
        let before = OpenAPIDocument.load(file: old, source: source)
        let after = OpenAPIDocument.load(file: new, source: source)
        let findings = before.findings + after.findings
        guard let left = before.document, let right = after.document else { throw findings }
        return DocumentComparison(diff: DocumentDiff(from: left, to: right), findings: findings)
    }
}
