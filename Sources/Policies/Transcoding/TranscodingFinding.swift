/// One thing wrong with the binding of an operation to a method, found while loading it.
public struct TranscodingFinding: Sendable, Equatable {
    /// What kind of fault it is; safe as a metric label.
    public enum Code: String, Sendable, CaseIterable {
        case streamingMethod = "streaming-method"
        case unknownField = "unknown-binding-field"
        case repeatedInPath = "binding-through-repeated"
        case notAMessage = "binding-through-scalar"
        case unbindableType = "unbindable-type"
        case duplicateBinding = "duplicate-binding"
        case oneofConflict = "binding-oneof-conflict"
        case compositeNeedsString = "composite-needs-string"
        case compositeAmbiguous = "composite-ambiguous"
        case emptyBinding = "empty-binding"
        case bodyFieldMissing = "body-field-missing"
        case bodyFieldBound = "body-field-bound-by-path"
        case responseFieldMissing = "response-body-field-missing"
        case itemsFieldMissing = "items-field-missing"
        case itemsNotMessages = "items-not-messages"
        case itemStatusMissing = "item-status-missing"
        case itemsWithResponseBody = "items-with-response-body"
        case itemsOfStream = "items-of-stream"
    }

    public let code: Code
    /// What is wrong and how to mend it.
    public let message: String
    /// The method and, inside it, the binding: `package.Service/Method body`.
    public let path: String

    public init(_ code: Code, path: String, message: String) {
        self.code = code
        self.path = path
        self.message = message
    }
}
