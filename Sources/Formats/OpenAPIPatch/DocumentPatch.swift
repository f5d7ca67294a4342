public import Documents
import OpenAPI

/// A document changed so that the messages which differed from it differ no more.
///
/// Text, comments and order stay as they are written. Every difference is either written into the document or listed for a person.
public struct DocumentPatch: Sendable {
    /// One file of the bundle, before and after.
    public struct File: Sendable {
        public let name: String
        public let old: [UInt8]
        public let new: [UInt8]
        /// The same changes as a JSON Patch (RFC 6902) of the file.
        public let operations: [PatchOperation]

        /// This change and one of what it results in, as one.
        public func followed(by next: File) -> File {
            File(name: name, old: old, new: next.new, operations: operations + next.operations)
        }

        /// The change in the form that `patch -p1` and `git apply` read; lines are shown with three around them.
        /// - Parameter path: how the file is named in it, without a slash in front.
        public func unifiedDiff(path: String) -> String { UnifiedDiff.text(from: old, to: new, path: path) }
    }

    /// A difference that a person must decide on.
    public struct Undecided: Sendable {
        public let difference: ObservedDifference
        public let obstacle: PatchObstacle
    }

    /// Files that change, by name.
    public let files: [File]
    /// In the order of the differences.
    public let undecided: [Undecided]

    /// The patch of the document at `file`.
    ///
    /// What results was read again: it loads without errors, and differs from what was there in exactly the operations.
    /// - Throws: the findings, when the document cannot be loaded.
    public static func make(
        for differences: [ObservedDifference], file: String, source: FileSource
    ) throws(PatchFailure) -> DocumentPatch {
        let (document, findings) = OpenAPIDocument.load(file: file, source: source)
        guard let document else { throw PatchFailure(findings: findings) }
        var relaxation = Relaxation(document)
        var undecided: [Int: PatchObstacle] = [:]
        for (index, difference) in differences.enumerated() {
            if let obstacle = relaxation.add(difference, index) { undecided[index] = obstacle }
        }
        let (edits, refused) = relaxation.edits()
        var trial = PatchTrial(document, file: file, source: source)
        trial.settle(edits)
        for edit in trial.refused {
            for cause in edit.causes { undecided[cause] = .unsafeText }
        }
        for (cause, obstacle) in refused { undecided[cause] = obstacle }
        return DocumentPatch(
            files: trial.files,
            undecided: undecided.sorted { $0.key < $1.key }.map {
                Undecided(difference: differences[$0.key], obstacle: $0.value)
            })
    }
}

/// Why there is no patch.
public struct PatchFailure: Error {
    /// What is wrong with the document.
    public let findings: [Finding]
}
