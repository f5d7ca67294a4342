// libyaml as Yams ships it. Yams' own composer recurses, hashes aliased keys and stops at the first duplicate key; bounded
// reading with every finding needs the events below it.
import CYaml

/// One event of a YAML stream with its place.
struct YAMLEvent {
    enum Body {
        case documentStart
        case documentEnd
        case streamEnd
        case alias(String)
        case scalar(text: String, isPlain: Bool)
        case sequenceStart
        case mappingStart
        case collectionEnd
        case ignored
    }

    var body: Body
    var anchor: String?
    var tag: String?
    /// One-based.
    var line: Int
    /// One-based, in Unicode scalars.
    var column: Int
}

/// Why the text is not YAML.
struct YAMLSyntaxFault: Error {
    var line: Int
    var column: Int
    var message: String
}

/// Pulls libyaml's events out of text that outlives the reader.
final class YAMLEvents {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let isReady: Bool

    init(_ text: UnsafeBufferPointer<UInt8>) {
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        isReady = yaml_parser_initialize(parser) == 1
        guard isReady else { return }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, text.baseAddress, text.count)
    }

    deinit {
        if isReady { yaml_parser_delete(parser) }
        parser.deallocate()
    }

    func next() throws(YAMLSyntaxFault) -> YAMLEvent {
        var event = yaml_event_t()
        guard isReady, yaml_parser_parse(parser, &event) == 1 else { throw fault() }
        defer { yaml_event_delete(&event) }
        var result = YAMLEvent(
            body: .ignored, line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: result.body = .documentStart
        case YAML_DOCUMENT_END_EVENT: result.body = .documentEnd
        case YAML_STREAM_END_EVENT: result.body = .streamEnd
        case YAML_ALIAS_EVENT: result.body = .alias(string(event.data.alias.anchor) ?? "")
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: result.body = .collectionEnd
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            result.body = .scalar(
                text: String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
            result.anchor = string(scalar.anchor)
            result.tag = string(scalar.tag)
        case YAML_SEQUENCE_START_EVENT:
            result.body = .sequenceStart
            result.anchor = string(event.data.sequence_start.anchor)
            result.tag = string(event.data.sequence_start.tag)
        case YAML_MAPPING_START_EVENT:
            result.body = .mappingStart
            result.anchor = string(event.data.mapping_start.anchor)
            result.tag = string(event.data.mapping_start.tag)
        default: break
        }
        return result
    }

    private func string(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private func fault() -> YAMLSyntaxFault {
        let state = parser.pointee
        var message = state.problem.map { String(cString: $0) } ?? "the text could not be read"
        if let context = state.context { message = String(cString: context) + ", " + message }
        if state.error == YAML_READER_ERROR {
            message += " at byte \(state.problem_offset); YAML and JSON are UTF-8 without control characters"
            return YAMLSyntaxFault(line: Int(state.mark.line) + 1, column: Int(state.mark.column) + 1, message: message)
        }
        return YAMLSyntaxFault(
            line: Int(state.problem_mark.line) + 1, column: Int(state.problem_mark.column) + 1, message: message)
    }
}
