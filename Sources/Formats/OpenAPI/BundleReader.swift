import Documents

/// Reads a document and, over `$ref`, every file below its folder that it needs.
struct BundleReader {
    private let source: FileSource
    private let limits: DocumentLimits
    private let findings: FindingList
    private var files: [String: SourceNode] = [:]
    /// Files that were not read; each has its finding.
    private var refused: Set<String> = []
    private var nodes = 0

    /// Keys whose values are data, where `$ref` is a word like any other.
    private static let dataKeys: Set<String> = ["example", "examples", "default", "enum", "const", "mapping"]

    init(source: FileSource, limits: DocumentLimits, findings: FindingList) {
        self.source = source
        self.limits = limits
        self.findings = findings
    }

    /// The bundle of `file`; nil when that is no document.
    mutating func read(_ file: String) -> DocumentBundle? {
        let name = DocumentPath.resolve(file, from: "")
        switch source.document(name, limits: limits) {
        case .success(let root): files[name] = root
        case .failure(let faults): findings.report(faults)
        }
        guard let root = files[name] else { return nil }
        nodes = root.expandedCount
        var references: [SourceNode] = []
        var waiting = [root]
        while let next = waiting.popLast() {
            for reference in Self.references(in: next) {
                references.append(reference)
                guard let target = ReferenceTarget(reference), let node = open(target, from: reference, name) else { continue }
                waiting.append(node)
            }
        }
        let bundle = DocumentBundle(root: root, files: files)
        var chains = ReferenceChains(bundle)
        for reference in references { check(reference, &chains) }
        return bundle
    }

    /// The root of a file that was not read before; nil when it was, or cannot be.
    private mutating func open(_ target: ReferenceTarget, from reference: SourceNode, _ document: String) -> SourceNode? {
        let file = target.file
        guard files[file] == nil, !refused.contains(file) else { return nil }
        refused.insert(file)
        guard target.isInside(folderOf: document) else {
            findings.error(
                "outside-reference", at: reference,
                "\"\(reference.string ?? "")\" leaves the folder of the document; move the file into it")
            return nil
        }
        guard files.count < DocumentBundle.maximumFiles, nodes <= DocumentBundle.maximumNodes else {
            findings.error(
                "bundle-too-large", at: reference,
                "more than \(DocumentBundle.maximumFiles) files or \(DocumentBundle.maximumNodes) nodes; split the document")
            return nil
        }
        switch source.read(file) {
        case .failure(let fault):
            findings.error("unknown-reference", at: reference, "the file \(file) cannot be read: \(fault.message)")
            return nil
        case .success(let text):
            switch SourceDocument.parse(text: text, file: file, limits: limits) {
            case .failure(let faults):
                findings.report(faults)
                return nil
            case .success(let node):
                refused.remove(file)
                files[file] = node
                nodes += node.expandedCount
                return node
            }
        }
    }

    /// The `$ref` values in a tree, in document order. Iterative; the tree is bounded by the limits it was read with.
    private static func references(in root: SourceNode) -> [SourceNode] {
        var found: [SourceNode] = []
        var waiting = [root]
        while let node = waiting.popLast() {
            waiting += node.elements ?? []
            for (key, value) in node.entries ?? [] {
                let name = key.text ?? ""
                if name == "$ref", value.string != nil {
                    found.append(value)
                } else if !dataKeys.contains(name) && !name.hasPrefix("x-") {
                    waiting.append(value)
                }
            }
        }
        return found.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    private func check(_ reference: SourceNode, _ chains: inout ReferenceChains) {
        let text = reference.string ?? ""
        guard let target = ReferenceTarget(reference) else {
            findings.error(
                "remote-reference", at: reference,
                "\"\(text.prefix(80))\" is not part of this document; refer to a file beside it or to \"#/...\"")
            return
        }
        // A fragment without a slash is an anchor, which only a schema dialect can look up.
        guard let file = files[target.file], target.fragment.isEmpty || target.fragment.hasPrefix("/") else { return }
        guard let node = DocumentBundle.node(at: target.fragment, in: file) else {
            findings.error("unknown-reference", at: reference, "\"\(text)\" leads nowhere; define it or correct the reference")
            return
        }
        switch chains.length(from: node) {
        case .circle:
            findings.error("circular-reference", at: reference, "\"\(text)\" leads back to itself; break the circle")
        case .steps(let count) where count >= DocumentBundle.maximumChain:
            findings.error(
                "reference-chain", at: reference,
                "\"\(text)\" leads on over more than \(DocumentBundle.maximumChain) references; refer to what is meant")
        case .steps: break
        }
    }
}

/// How far references lead on to references. Schemas may refer to themselves from within; a reference that is nothing but its
/// own target may not.
struct ReferenceChains {
    enum Length {
        case steps(Int)
        case circle
    }

    private let bundle: DocumentBundle
    /// Of nodes passed before, so that a long chain is walked once.
    private var known: [ObjectIdentifier: Length] = [:]

    init(_ bundle: DocumentBundle) { self.bundle = bundle }

    /// The references that follow one another from `node` on.
    mutating func length(from node: SourceNode) -> Length {
        var passed: [ObjectIdentifier] = []
        var isPassed: Set<ObjectIdentifier> = []
        var current = node
        var end = Length.steps(0)
        while true {
            let identity = ObjectIdentifier(current)
            if let length = known[identity] {
                end = length
                break
            }
            if isPassed.contains(identity) {
                end = .circle
                break
            }
            guard let reference = current["$ref"], let next = bundle.target(of: reference) else { break }
            passed.append(identity)
            isPassed.insert(identity)
            current = next
        }
        for identity in passed.reversed() {
            if case .steps(let count) = end { end = .steps(count + 1) }
            known[identity] = end
        }
        return end
    }
}
