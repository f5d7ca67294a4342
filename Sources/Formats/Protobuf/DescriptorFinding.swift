/// One thing wrong with a descriptor set, found while loading it.
public struct DescriptorFinding: Sendable, Equatable {
    /// What kind of fault it is; safe as a metric label.
    public enum Code: String, Sendable, CaseIterable {
        case malformedSet = "malformed-descriptor-set"
        case limitExceeded = "descriptor-limit-exceeded"
        case missingImport = "missing-import"
        case conflictingFile = "conflicting-file"
        case duplicateSymbol = "duplicate-symbol"
        case unresolvedType = "unresolved-type"
        case invalidField = "invalid-field"
        case duplicateField = "duplicate-field"
        case invalidEnum = "invalid-enum"
        case invalidMapEntry = "invalid-map-entry"
        case malformedHTTPRule = "malformed-http-rule"
        case unsupportedEdition = "unsupported-edition"
        case unsupportedMessageSet = "unsupported-message-set"
        case unknownExtendee = "unknown-extendee"
    }

    public let code: Code
    /// Whether the set is refused because of it; false for what only might matter.
    public let isError: Bool
    /// The `.proto` file and, inside it, the full name of what is wrong.
    public let path: String
    /// What is wrong and how to mend it.
    public let message: String

    public init(_ code: Code, isError: Bool = true, path: String, message: String) {
        self.code = code
        self.isError = isError
        self.path = path
        self.message = message
    }
}

/// Bounds on a descriptor set; a set comes from a module's author, not from the platform.
public struct DescriptorLimits: Sendable {
    /// Serialized bytes: the largest public API surfaces stay below 16 MiB without source info.
    public var bytes = 32 << 20
    /// `.proto` files.
    public var files = 8192
    /// Messages, enums and services together.
    public var types = 65_536
    /// Fields and enum values of all types together.
    public var members = 1 << 20
    /// Fields of one message with its extensions: indices of compiled programs are 16 bits wide.
    public var fieldsPerMessage = 16_384
    /// Types declared inside types.
    public var nesting = 32

    public init() {}

    public static let `default` = DescriptorLimits()
}
