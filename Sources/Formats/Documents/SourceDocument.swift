import Bytes

/// Reads YAML 1.2 and JSON text into a tree of located nodes.
public enum SourceDocument {
    /// The root node of `text`, or every finding that stood in the way.
    ///
    /// One document a file. A file named `.json` must be JSON; any other is read as JSON if it is, else as YAML. Refused: text
    /// beyond `limits`, invalid UTF-8, duplicate keys, keys that are no scalars, merge keys (`<<`), tags outside the core
    /// schema, unknown and cyclic aliases.
    /// - Parameter file: how findings name the text.
    public static func parse(
        text: [UInt8], file: String, limits: DocumentLimits = .default
    ) -> Result<SourceNode, [Finding]> {
        guard text.count <= limits.bytes else {
            let message = "the file has \(text.count) bytes, more than the \(limits.bytes) allowed; split it"
            return .failure(
                [Finding(file: file, line: 0, column: 0, pointer: "", code: "document-too-large", message: message)])
        }
        let mustBeJSON = file.hasSuffix(".json")
        if let fault = directiveFault(text, file) { return .failure([fault]) }
        guard mustBeJSON || startsLikeJSON(text) else { return YAMLComposer.compose(text, file: file, limits: limits) }
        let json = JSONComposer.compose(text, file: file, limits: limits)
        guard case .failure(let findings) = json else { return json }
        // Only the YAML reader tells every duplicate key with its pointer.
        guard !mustBeJSON || findings.contains(where: { $0.code == "duplicate-key" }) else { return json }
        let yaml = YAMLComposer.compose(text, file: file, limits: limits)
        if mustBeJSON, case .success = yaml { return json }
        return yaml
    }

    /// Tag directives of a text. libyaml compares each with all before it, and nobody writes more than two.
    private static let maximumDirectives = 16

    /// A finding when lines begin with more tag directives than anybody writes.
    private static func directiveFault(_ text: [UInt8], _ file: String) -> Finding? {
        text.withByteView { view in
            var directives = 0
            var next = view.firstIndex(of: UInt8(ascii: "%"), from: 0)
            while let at = next {
                let isDirective =
                    (at == 0 || view[at - 1] == 0x0A || view[at - 1] == 0x0D) && view[at, view.count].hasPrefix("%TAG")
                directives += isDirective ? 1 : 0
                if directives > maximumDirectives {
                    var places = TextPlaces(view)
                    let message = "more than \(maximumDirectives) tag directives; remove those that no tag needs"
                    return Finding(
                        file: file, line: places.place(of: at).line, column: 1, pointer: "", code: "syntax", message: message)
                }
                next = view.firstIndex(of: UInt8(ascii: "%"), from: at + 1)
            }
            return nil
        }
    }

    /// Whether the text may be JSON that YAML does not read alike; JSON's bare words and numbers mean the same in both.
    private static func startsLikeJSON(_ text: [UInt8]) -> Bool {
        let body = text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text[...]
        let first = body.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[") || first == UInt8(ascii: "\"")
    }
}

/// Several findings are one error: reading answers all of them at once.
extension Array: @retroactive Error where Element == Finding {}
