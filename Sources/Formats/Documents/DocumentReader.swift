/// Decodes one mapping strictly: every key it is not asked for is a finding.
///
/// Each question answers nil both when the key is missing and when its value is wrong; the second is reported. A null value
/// counts as missing. After the last question, `finish()` reports the keys nobody asked for.
public final class DocumentReader {
    public let node: SourceNode
    public let findings: FindingList
    private let recorder: KeyRecorder?
    private let shape: String
    private var known: [String] = []

    /// A reader of `node`; a node that is no mapping is reported and read as an empty one.
    public convenience init(_ node: SourceNode, findings: FindingList, recorder: KeyRecorder? = nil) {
        self.init(node, findings, recorder, shape: "")
    }

    init(_ node: SourceNode, _ findings: FindingList, _ recorder: KeyRecorder?, shape: String) {
        self.node = node
        self.findings = findings
        self.recorder = recorder
        self.shape = shape
        if node.entries == nil {
            findings.error("wrong-type", at: node, "expected a mapping of keys, found \(node.noun)")
        }
    }

    /// The value of `key` as it stands; a required key that is missing is reported.
    /// - Parameter shapeName: what a `KeyRecorder` sees in place of the key; `*` for names the writer chose.
    public func value(_ key: String, recordedAs shapeName: String? = nil, required: Bool = false) -> SourceNode? {
        known.append(key)
        recorder?.record(shape + (shapeName ?? key))
        if let value = node[key], !value.isNull { return value }
        if required, node.entries != nil {
            findings.error("missing-key", at: node[key] ?? node, "the key \"\(key)\" is required here; add it")
        }
        return nil
    }

    public func string(_ key: String, required: Bool = false) -> String? {
        guard let value = value(key, required: required) else { return nil }
        return string(of: value, named: key)
    }

    public func bool(_ key: String, required: Bool = false) -> Bool? {
        guard let value = value(key, required: required) else { return nil }
        if let bool = value.bool { return bool }
        return refuse(value, "\"\(key)\" must be true or false, found \(value.noun)")
    }

    /// An integer inside `range`; the finding names the range.
    public func integer(_ key: String, in range: ClosedRange<Int>, required: Bool = false) -> Int? {
        guard let value = value(key, required: required) else { return nil }
        guard let integer = value.integer else { return refuse(value, "\"\(key)\" must be an integer, found \(value.noun)") }
        guard let small = Int(exactly: integer), range.contains(small) else {
            findings.error(
                "out-of-range", at: value, "\"\(key)\" must lie in \(range.lowerBound)...\(range.upperBound), found \(integer)")
            return nil
        }
        return small
    }

    /// A span of time such as `5s`, `100ms`, `5m` or `1h`, inside `range`.
    public func duration(_ key: String, in range: ClosedRange<Duration>, required: Bool = false) -> Duration? {
        guard let value = value(key, required: required) else { return nil }
        guard let text = value.text, let duration = Duration(documentText: text) else {
            return refuse(value, "\"\(key)\" must be a duration such as 5s, 100ms, 5m or 1h")
        }
        guard range.contains(duration) else {
            let bounds = "\(range.lowerBound.documentText)...\(range.upperBound.documentText)"
            findings.error("out-of-range", at: value, "\"\(key)\" must lie in \(bounds), found \(text)")
            return nil
        }
        return duration
    }

    /// A number of bytes such as `512`, `64Ki`, `16Mi` or `1Gi`, inside `range`.
    public func size(_ key: String, in range: ClosedRange<Int>, required: Bool = false) -> Int? {
        guard let value = value(key, required: required) else { return nil }
        guard let text = value.text, let size = ByteSize.parse(text) else {
            return refuse(value, "\"\(key)\" must be a size in bytes such as 512, 64Ki, 16Mi or 1Gi")
        }
        guard range.contains(size) else {
            let bounds = "\(ByteSize.text(range.lowerBound))...\(ByteSize.text(range.upperBound))"
            findings.error("out-of-range", at: value, "\"\(key)\" must lie in \(bounds), found \(text)")
            return nil
        }
        return size
    }

    /// One word out of a closed list.
    public func choice<Value>(_ key: String, _ choices: KeyValuePairs<String, Value>, required: Bool = false) -> Value? {
        guard let value = value(key, required: required), let text = string(of: value, named: key) else { return nil }
        if let choice = choices.first(where: { $0.key == text }) { return choice.value }
        let words = choices.map(\.key)
        let list = words.joined(separator: ", ")
        findings.error(
            "unknown-value", at: value,
            "\"\(key)\" must be one of \(list), found \"\(text)\"\(Suggestion.clause(for: text, among: words))")
        return nil
    }

    /// The elements of a list.
    public func list(_ key: String, required: Bool = false) -> [SourceNode]? {
        guard let value = value(key, required: required) else { return nil }
        if let elements = value.elements { return elements }
        return refuse(value, "\"\(key)\" must be a list, found \(value.noun)")
    }

    /// The elements of a list of strings; others are reported and left out.
    public func strings(_ key: String, required: Bool = false) -> [String]? {
        list(key, required: required)?.compactMap { string(of: $0, named: key) }
    }

    /// What `decode` makes of the mapping under `key`, whose unknown keys are reported too.
    public func section<Value>(
        _ key: String, recordedAs shapeName: String? = nil, required: Bool = false, _ decode: (DocumentReader) -> Value?
    ) -> Value? {
        guard let value = value(key, recordedAs: shapeName, required: required) else { return nil }
        return read(value, shape: "\(shape)\(shapeName ?? key).", decode)
    }

    /// What `decode` makes of each mapping in the list under `key`; nil results are left out.
    public func sections<Value>(
        _ key: String, required: Bool = false, _ decode: (DocumentReader) -> Value?
    ) -> [Value]? {
        list(key, required: required)?.compactMap { read($0, shape: "\(shape)\(key)[].", decode) }
    }

    /// The entries of a mapping whose keys are names the writer chose.
    public func named(_ key: String, required: Bool = false) -> [(key: SourceNode, value: SourceNode)]? {
        guard let value = value(key, required: required) else { return nil }
        if let entries = value.entries { return entries }
        return refuse(value, "\"\(key)\" must be a mapping, found \(value.noun)")
    }

    /// Reports the keys nobody asked for, each with the nearest known one.
    public func finish() {
        for (key, _) in node.entries ?? [] {
            guard let text = key.text, !known.contains(text) else { continue }
            let suggestion = findings.isFull ? "" : Suggestion.clause(for: text, among: known)
            findings.error("unknown-key", at: key, "unknown key \"\(text)\"\(suggestion)")
        }
    }

    private func read<Value>(_ node: SourceNode, shape: String, _ decode: (DocumentReader) -> Value?) -> Value? {
        let reader = DocumentReader(node, findings, recorder, shape: shape)
        guard node.entries != nil else { return nil }
        let value = decode(reader)
        reader.finish()
        return value
    }

    private func string(of value: SourceNode, named key: String) -> String? {
        if let string = value.string { return string }
        if let text = value.text { return refuse(value, "\"\(key)\" must be a string; write \"\(text)\" in quotes") }
        return refuse(value, "\"\(key)\" must be a string, found \(value.noun)")
    }

    private func refuse<Value>(_ node: SourceNode, _ message: String) -> Value? {
        findings.error("wrong-type", at: node, message)
        return nil
    }
}

/// Notes every key a decoder asks for, so that a test can hold the published schema against the decoder.
///
/// Keys are paths: `listen.port`, `services[].name` in lists, `rate_limits.roles.*.burst` under chosen names.
public final class KeyRecorder {
    public private(set) var keys: Set<String> = []

    public init() {}

    func record(_ key: String) { keys.insert(key) }
}
