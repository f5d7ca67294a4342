import Bytes
import HTTPSemantics

/// The names that tenants have in documents and in the configuration.
public enum TenantName {
    /// Bytes of a name: enough for any identifier, and a bound on what keys are made of.
    public static let maximumBytes = 128
    /// What a name must be, for findings.
    public static let rule = "write 1 to \(maximumBytes) letters, digits and - . _ ~"

    /// Whether the text is one to `maximumBytes` letters, digits and `- . _ ~`.
    public static func isValid(_ text: String) -> Bool {
        text.utf8.count <= maximumBytes && text.withByteView { ByteClass.unreserved.matches($0) }
    }
}
