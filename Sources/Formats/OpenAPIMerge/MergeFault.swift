/// Why documents do not go together.
public struct MergeFault: Error, Sendable, Hashable {
    /// What went wrong.
    public enum Code: String, Sendable, CaseIterable {
        /// Two documents describe one method of one path, or one path with parameters of its own.
        case duplicatePath = "duplicate-path"
        /// A reference that leads nowhere, in a circle, or to what no section of components holds.
        case reference = "unknown-reference"
        /// No document has a path below the prefix.
        case empty = "no-paths"
        /// More than `DocumentMerge.maximumComponents`.
        case tooLarge = "too-many-components"
    }

    public let code: Code
    /// One sentence for the operator.
    public let message: String
}
