import Documents
import OpenAPI

/// Finds out which edits can be written into the text: those after which it reads as the edited tree does.
struct PatchTrial {
    private let document: OpenAPIDocument
    private let file: String
    private let source: FileSource
    private var texts: [String: SourceText] = [:]
    private var trees: [String: PatchValue] = [:]
    private var accepted: [DocumentEdit] = []
    private var attemptsLeft = PatchTrial.maximumAttempts

    private(set) var files: [DocumentPatch.File] = []
    private(set) var refused: [DocumentEdit] = []

    /// Each reads the document again; a few that cannot be written among thousands are found in fewer.
    private static let maximumAttempts = 256

    init(_ document: OpenAPIDocument, file: String, source: FileSource) {
        self.document = document
        self.file = file
        self.source = source
    }

    /// Takes all edits that can be written; halves find those that cannot.
    mutating func settle(_ edits: [DocumentEdit]) {
        guard !edits.isEmpty else { return }
        guard attemptsLeft > 0 else { return refused += edits }
        attemptsLeft -= 1
        if let files = result(accepted + edits) {
            accepted += edits
            self.files = files
        } else if edits.count == 1 {
            refused += edits
        } else {
            settle(Array(edits[..<(edits.count / 2)]))
            settle(Array(edits[(edits.count / 2)...]))
        }
    }

    /// The files after the edits, when they read as they should.
    private mutating func result(_ edits: [DocumentEdit]) -> [DocumentPatch.File]? {
        var files: [DocumentPatch.File] = []
        for (name, edits) in Dictionary(grouping: edits, by: \.node.file).sorted(by: { $0.key < $1.key }) {
            guard let text = text(name), let tree = tree(name) else { return nil }
            var changes: [TextChange] = []
            for edit in edits {
                guard let made = text.changes(for: edit) else { return nil }
                changes += made
            }
            guard let new = TextChange.apply(changes, to: text.bytes) else { return nil }
            let operations = edits.flatMap(\.operations)
            guard let expected = operations.reduce(Optional(tree), { $0?.applying($1) }),
                case .success(let root) = SourceDocument.parse(text: new, file: name), PatchValue(root) == expected
            else { return nil }
            files.append(DocumentPatch.File(name: name, old: text.bytes, new: new, operations: operations))
        }
        let changed = Dictionary(files.map { ($0.name, $0.new) }) { first, _ in first }
        let source = source
        let loaded = OpenAPIDocument.load(
            file: file, source: FileSource { path in changed[path].map { .success($0) } ?? source.read(path) })
        return loaded.document == nil ? nil : files
    }

    private mutating func text(_ name: String) -> SourceText? {
        if let known = texts[name] { return known }
        guard case .success(let bytes) = source.read(name) else { return nil }
        let text = SourceText(bytes)
        texts[name] = text
        return text
    }

    private mutating func tree(_ name: String) -> PatchValue? {
        if let known = trees[name] { return known }
        guard let root = document.bundle.files[name] else { return nil }
        let tree = PatchValue(root)
        trees[name] = tree
        return tree
    }
}
