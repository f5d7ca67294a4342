/// Builds the tree of one YAML document from its events, without recursion and within limits.
struct YAMLComposer {
    /// A collection whose end has not been seen.
    private struct Open {
        var isMapping: Bool
        var path: SourcePath
        var line: Int
        var column: Int
        var anchor: String?
        var elements: [SourceNode] = []
        var entries: [(key: SourceNode, value: SourceNode)] = []
        /// Line of each key, to point at the first of two.
        var keyLines: [String: Int] = [:]
        var key: SourceNode?
        /// Set while the next value is read only to be dropped, because its key was refused.
        var dropsValue = false
    }

    /// Reading stops: the text cannot be followed any further, or costs too much.
    private struct Stop: Error {}

    private let file: String
    private let limits: DocumentLimits
    private var open: [Open] = []
    private var anchors: [String: SourceNode] = [:]
    private var openAnchors: Set<String> = []
    private var root: SourceNode?
    private var findings: [Finding] = []
    private var expanded = 0

    private init(file: String, limits: DocumentLimits) {
        self.file = file
        self.limits = limits
    }

    static func compose(_ text: [UInt8], file: String, limits: DocumentLimits) -> Result<SourceNode, [Finding]> {
        var composer = YAMLComposer(file: file, limits: limits)
        text.withUnsafeBufferPointer { composer.read(YAMLEvents($0)) }
        if let root = composer.root, composer.findings.isEmpty { return .success(root) }
        if composer.findings.isEmpty {
            composer.findings.append(
                Finding(
                    file: file, line: 1, column: 1, pointer: "", code: "empty-document",
                    message: "the file holds no document; write a mapping of keys"))
        }
        return .failure(composer.findings)
    }

    private mutating func read(_ events: YAMLEvents) {
        var documents = 0
        do {
            while true {
                let event = try events.next()
                switch event.body {
                case .streamEnd: return
                case .documentStart:
                    documents += 1
                    guard documents == 1 else {
                        try refuse("several-documents", event, "a second document starts here; write one document a file")
                        return
                    }
                case .documentEnd, .ignored: break
                default: try take(event)
                }
            }
        } catch let fault as YAMLSyntaxFault {
            findings.append(
                Finding(
                    file: file, line: fault.line, column: fault.column, pointer: currentPath.pointer, code: "syntax",
                    message: fault.message))
        } catch {}
    }

    private mutating func take(_ event: YAMLEvent) throws {
        let takesKey = open.last.map { $0.isMapping && $0.key == nil && !$0.dropsValue } ?? false
        switch event.body {
        case .collectionEnd: try close()
        case .scalar(let text, let isPlain):
            if takesKey { try key(text, isPlain, event) } else { try value(scalar(text, isPlain, event), event) }
        case .alias(let name):
            let node = try aliased(name, event)
            if takesKey {
                try key(node.text, false, event)
            } else {
                try value(node, event)
            }
        default:
            if takesKey {
                try refuse("key-not-scalar", event, "a key must be a scalar, not a mapping or a list")
                // What was meant cannot be guessed beyond this point.
                throw Stop()
            }
            try begin(event)
        }
    }

    private mutating func begin(_ event: YAMLEvent) throws {
        var isMapping = false
        if case .mappingStart = event.body { isMapping = true }
        guard open.count < limits.depth else {
            throw try tooDeep(event)
        }
        let expected = isMapping ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq"
        if let tag = event.tag, tag != "!", tag != expected { try refuseTag(tag, event) }
        try charge(1, event)
        if let anchor = event.anchor { openAnchors.insert(anchor) }
        open.append(
            Open(isMapping: isMapping, path: currentPath, line: event.line, column: event.column, anchor: event.anchor))
    }

    private mutating func close() throws {
        guard let last = open.popLast() else { throw Stop() }
        let kind: SourceNode.Kind = last.isMapping ? .mapping(last.entries) : .sequence(last.elements)
        let node = SourceNode(kind, file: file, line: last.line, column: last.column, path: last.path)
        if let anchor = last.anchor {
            openAnchors.remove(anchor)
            anchors[anchor] = node
        }
        attach(node)
    }

    private mutating func scalar(_ text: String, _ isPlain: Bool, _ event: YAMLEvent) throws -> SourceNode {
        let scalar = try resolve(text, isPlain, event)
        return SourceNode(
            .scalar(scalar), file: file, line: event.line, column: event.column, path: currentPath, text: text)
    }

    /// The value of a scalar: by its tag when it has one, by the core schema when it is plain, else a string.
    private mutating func resolve(_ text: String, _ isPlain: Bool, _ event: YAMLEvent) throws -> SourceScalar {
        let plain = SourceScalar(plain: text)
        guard let tag = event.tag else { return isPlain ? plain : .string(text) }
        switch (tag, plain) {
        case ("!", _), ("tag:yaml.org,2002:str", _): return .string(text)
        case ("tag:yaml.org,2002:float", .integer(let value)): return .double(Double(value))
        case ("tag:yaml.org,2002:int", .integer), ("tag:yaml.org,2002:float", .double), ("tag:yaml.org,2002:bool", .bool),
            ("tag:yaml.org,2002:null", .null):
            return plain
        default:
            try refuseTag(tag, event)
            return .null
        }
    }

    private mutating func value(_ node: SourceNode, _ event: YAMLEvent) throws {
        try charge(node.expandedCount, event)
        if let anchor = event.anchor { anchors[anchor] = node }
        attach(node)
    }

    private mutating func attach(_ node: SourceNode) {
        guard let top = open.indices.last else {
            root = node
            return
        }
        if !open[top].isMapping {
            open[top].elements.append(node)
        } else if open[top].dropsValue {
            open[top].dropsValue = false
        } else if let key = open[top].key {
            open[top].entries.append((key, node))
            open[top].key = nil
        }
    }

    private mutating func key(_ text: String?, _ isPlain: Bool, _ event: YAMLEvent) throws {
        guard let top = open.indices.last else { throw Stop() }
        guard let text else {
            try charge(1, event)
            try refuse("key-not-scalar", event, "a key must be a scalar, not a mapping or a list")
            open[top].dropsValue = true
            return
        }
        if isPlain, text == "<<" {
            try charge(1, event)
            try refuse("merge-key", event, "merge keys are not part of YAML 1.2; write the entries out")
            open[top].dropsValue = true
            return
        }
        let path = SourcePath(open[top].path, text)
        let key = SourceNode(
            .scalar(.string(text)), file: file, line: event.line, column: event.column, path: path, text: text)
        try charge(key.expandedCount, event)
        if let anchor = event.anchor { anchors[anchor] = key }
        if let first = open[top].keyLines.updateValue(event.line, forKey: text) {
            open[top].keyLines[text] = first
            try refuse("duplicate-key", event, "the key \"\(text)\" is already on line \(first); remove one", path)
            open[top].dropsValue = true
            return
        }
        open[top].key = key
    }

    private mutating func aliased(_ name: String, _ event: YAMLEvent) throws -> SourceNode {
        if openAnchors.contains(name) {
            try refuse("cyclic-alias", event, "the alias *\(name) stands inside its own anchor; a document is a tree")
            throw Stop()
        }
        guard let node = anchors[name] else {
            try refuse("unknown-alias", event, "no anchor &\(name) stands before this alias")
            throw Stop()
        }
        // A chain of aliases nests without nesting in the text.
        if open.count + node.height - 1 > limits.depth { throw try tooDeep(event) }
        return node
    }

    private mutating func tooDeep(_ event: YAMLEvent) throws -> Stop {
        try refuse("too-deep", event, "nested deeper than \(limits.depth) levels; flatten the document")
        return Stop()
    }

    /// Counts nodes as if aliases were written out: the limit holds for whoever walks the tree.
    private mutating func charge(_ count: Int, _ event: YAMLEvent) throws {
        expanded += count
        if expanded > limits.nodes {
            try refuse("too-many-nodes", event, "more than \(limits.nodes) nodes with aliases expanded; split the document")
            throw Stop()
        }
    }

    private mutating func refuseTag(_ tag: String, _ event: YAMLEvent) throws {
        try refuse("unusable-tag", event, "the tag <\(tag)> does not fit this value; remove it")
    }

    private mutating func refuse(_ code: String, _ event: YAMLEvent, _ message: String, _ path: SourcePath? = nil) throws {
        findings.append(
            Finding(
                file: file, line: event.line, column: event.column, pointer: (path ?? currentPath).pointer, code: code,
                message: message))
        if findings.count >= limits.findings { throw Stop() }
    }

    /// Where the next value goes.
    private var currentPath: SourcePath {
        guard let last = open.last else { return SourcePath(nil, "") }
        if !last.isMapping { return SourcePath(last.path, String(last.elements.count)) }
        return last.key.map { SourcePath(last.path, $0.text ?? "") } ?? last.path
    }
}
