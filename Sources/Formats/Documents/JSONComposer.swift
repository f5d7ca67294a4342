import Bytes
import JSON

/// Builds the tree of one JSON text from the gateway's own tape, so that a document means what a request body would.
///
/// libyaml reads most of JSON, but neither surrogate pairs nor keys of more than 1024 characters.
struct JSONComposer {
    private let tape: JSONTape
    private let file: String
    private var places: TextPlaces

    static func compose(_ text: [UInt8], file: String, limits: DocumentLimits) -> Result<SourceNode, [Finding]> {
        text.withByteView { view in
            let tape = JSONTape()
            let jsonLimits = JSONLimits(
                bytes: limits.bytes, depth: limits.depth, nodes: limits.nodes, rejectDuplicateNames: true)
            // A byte order mark is what editors leave, not a part of the text (RFC 8259 section 8.1 lets a reader skip it).
            let skipped = view.count >= 3 && view[0] == 0xEF && view[1] == 0xBB && view[2] == 0xBF ? 3 : 0
            let body = view[skipped, view.count]
            if let fault = tape.parse(body, limits: jsonLimits) { return .failure([finding(fault, body, file)]) }
            var composer = JSONComposer(tape: tape, file: file, places: TextPlaces(body))
            return .success(composer.node(0, SourcePath(nil, "")))
        }
    }

    /// Recurses as deep as the limits let the tape nest.
    private mutating func node(_ index: Int, _ path: SourcePath) -> SourceNode {
        let place = places.place(of: start(index))
        var text: String?
        let kind: SourceNode.Kind
        switch tape.kind(index) {
        case .object: kind = .mapping(entries(index, path))
        case .array: kind = .sequence(elements(index, path))
        case .null:
            kind = .scalar(.null)
            text = "null"
        case .true, .false:
            kind = .scalar(.bool(tape.kind(index) == .true))
            text = tape.kind(index) == .true ? "true" : "false"
        case .number:
            let digits = String(tape.raw(index))
            kind = .scalar(SourceScalar.number(digits) ?? .string(digits))
            text = digits
        case .string, .key:
            let string = tape.string(index)
            kind = .scalar(.string(string))
            text = string
        }
        return SourceNode(kind, file: file, line: place.line, column: place.column, path: path, text: text)
    }

    private mutating func entries(_ object: Int, _ path: SourcePath) -> [(key: SourceNode, value: SourceNode)] {
        var entries: [(key: SourceNode, value: SourceNode)] = []
        var index = object + 1
        while index < tape.end(object) {
            let below = SourcePath(path, tape.string(index))
            let key = node(index, below)
            entries.append((key, node(index + 1, below)))
            index = tape.end(index + 1)
        }
        return entries
    }

    private mutating func elements(_ array: Int, _ path: SourcePath) -> [SourceNode] {
        var elements: [SourceNode] = []
        var index = array + 1
        while index < tape.end(array) {
            elements.append(node(index, SourcePath(path, String(elements.count))))
            index = tape.end(index)
        }
        return elements
    }

    /// Offset of the first character; the tape leaves the quote of strings out.
    private func start(_ index: Int) -> Int {
        let isQuoted = tape.kind(index) == .string || tape.kind(index) == .key
        return tape.range(index).start - (isQuoted ? 1 : 0)
    }

    private static func finding(_ fault: JSONFault, _ text: ByteView, _ file: String) -> Finding {
        var places = TextPlaces(text)
        let place = places.place(of: fault.offset)
        let (code, message) = words(fault.code)
        return Finding(file: file, line: place.line, column: place.column, pointer: "", code: code, message: message)
    }

    private static func words(_ code: JSONFault.Code) -> (code: String, message: String) {
        switch code {
        case .unexpectedEnd: ("syntax", "the text ends inside a value")
        case .unexpectedByte: ("syntax", "this character cannot stand here in JSON")
        case .invalidNumber: ("syntax", "this is no JSON number")
        case .invalidUTF8: ("syntax", "JSON is UTF-8; these bytes are not")
        case .controlCharacter: ("syntax", "a control character inside a string; escape it")
        case .invalidEscape: ("syntax", "an escape that JSON does not have")
        case .loneSurrogate: ("syntax", "half a surrogate pair; write both halves")
        case .trailingBytes: ("syntax", "something follows the document; remove it")
        case .duplicateName: ("duplicate-key", "this key stands twice in the same object; remove one")
        case .tooLarge: ("document-too-large", "the text is too large; split it")
        case .tooDeep: ("too-deep", "nested too deep; flatten the document")
        case .tooManyNodes: ("too-many-nodes", "too many values; split the document")
        }
    }
}

/// Lines and columns of offsets that are asked for in ascending order.
struct TextPlaces {
    private let text: ByteView
    private var offset = 0
    private var line = 1
    private var column = 1

    init(_ text: ByteView) { self.text = text }

    /// One-based line and column, in Unicode scalars. Starts over for an offset before the last one.
    mutating func place(of target: Int) -> (line: Int, column: Int) {
        if target < offset { (offset, line, column) = (0, 1, 1) }
        while offset < min(target, text.count) {
            let byte = text[offset]
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
            offset += 1
        }
        return (line, column)
    }
}
