import Bytes
import JSON
import OpenAPI

/// Writes the JSON value that a text stands for, as its schema's shape reads it.
///
/// A text is what its form says as far as its schema allows that: `null`, `true`, a number, and otherwise text. Where the schema
/// allows text as well and the value does not satisfy it, the caller has it all read again as text (`prefersText`).
struct ValueWriter {
    let table: ValidationTable
    let scratch: ValidationScratch

    private var json: ByteWriter { scratch.json }

    // MARK: Scalars

    /// The decoded text, valid until the next one is decoded.
    func decoded(_ raw: ByteView, _ coding: TextCoding) -> Result<ByteView, TextError> {
        var text = raw
        if !coding.isPlain(raw) {
            scratch.text.removeAll()
            guard coding.append(raw, to: scratch.text) else { return .failure(TextError(.percentEncoding)) }
            text = scratch.text.view
        }
        guard UTF8Scan.firstFault(in: text) == nil else { return .failure(TextError(.invalidUTF8)) }
        return .success(text)
    }

    func scalar(_ raw: ByteView, _ coding: TextCoding, _ shape: Int32) -> TextFault? {
        switch decoded(raw, coding) {
        case .failure(let error): return error.fault
        case .success(let text):
            append(text, as: table.shapes[Int(shape)].types)
            return nil
        }
    }

    private func append(_ text: ByteView, as types: TextTypes) {
        let allowsText = types.contains(.string)
        if types != .string, !(allowsText && scratch.prefersText), isLiteral(text, of: types) {
            if allowsText { scratch.hasOtherReading = true }
            if text.isEmpty { json.append("null") } else { json.append(text) }
        } else {
            json.append(jsonString: text)
        }
    }

    /// Whether the text is a value of JSON of one of the types that is no string; an empty one is null where it cannot be text.
    private func isLiteral(_ text: ByteView, of types: TextTypes) -> Bool {
        if types.contains(.null), text == "null" || text.isEmpty && !types.contains(.string) { return true }
        if types.contains(.boolean), text == "true" || text == "false" { return true }
        return !types.isDisjoint(with: .number) && TextLiteral.isNumber(text)
    }

    // MARK: Structures

    /// What a shape is read as: an array, an object or, empty, a single text.
    func structure(of shape: TextShape) -> TextTypes {
        guard !shape.types.isDisjoint(with: .structures) else { return [] }
        if !shape.types.isDisjoint(with: .scalars) {
            scratch.hasOtherReading = true
            if scratch.prefersText { return [] }
        }
        return shape.types.contains(.array) ? .array : .object
    }

    /// A value in one text: elements, or names and values, between delimiters; `isAssigned` writes members as `name=value`.
    func delimited(
        _ text: ByteView, _ shapeIndex: Int32, _ delimiter: TextDelimiter, isAssigned: Bool, _ coding: TextCoding
    ) -> TextFault? {
        let shape = table.shapes[Int(shapeIndex)]
        let structure = structure(of: shape)
        if structure.isEmpty { return scalar(text, coding, shapeIndex) }
        if structure == .array { return elements(text, shape, delimiter, coding) }
        json.append("{")
        if let fault = text.isEmpty ? nil : members(text, shapeIndex, delimiter, isAssigned, coding) { return fault }
        json.append("}")
        return nil
    }

    private func elements(_ text: ByteView, _ shape: TextShape, _ delimiter: TextDelimiter, _ coding: TextCoding) -> TextFault? {
        json.append("[")
        if !text.isEmpty {
            var pieces = TextPieces(text, delimiter)
            var isFirst = true
            while let piece = pieces.next() {
                if !isFirst { json.append(",") }
                isFirst = false
                if let fault = scalar(trimmed(piece, coding), coding, shape.element) { return fault }
            }
        }
        json.append("]")
        return nil
    }

    private func members(
        _ text: ByteView, _ shapeIndex: Int32, _ delimiter: TextDelimiter, _ isAssigned: Bool, _ coding: TextCoding
    ) -> TextFault? {
        var pieces = TextPieces(text, delimiter)
        var isFirst = true
        while let piece = pieces.next() {
            if !isFirst { json.append(",") }
            isFirst = false
            var name = piece
            let value: ByteView
            if isAssigned {
                guard let equals = piece.firstIndex(of: UInt8(ascii: "=")) else { return .malformed }
                name = piece[0, equals]
                value = piece[equals &+ 1, piece.count]
            } else {
                guard let next = pieces.next() else { return .malformed }
                value = next
            }
            let shape: Int32
            switch key(trimmed(name, coding), coding, of: shapeIndex) {
            case .failure(let error): return error.fault
            case .success(let found): shape = found
            }
            if let fault = scalar(trimmed(value, coding), coding, shape) { return fault }
        }
        return nil
    }

    /// Writes a member's name and a colon; answers the shape of its value.
    private func key(_ raw: ByteView, _ coding: TextCoding, of shape: Int32) -> Result<Int32, TextError> {
        decoded(raw, coding).map { name in
            json.append(jsonString: name)
            json.append(":")
            return member(name, NameIndex.hash(name), of: shape)
        }
    }

    func member(_ name: ByteView, _ hash: UInt32, of shape: Int32) -> Int32 {
        table.names.find(name, hash, of: shape, in: table.text) ?? table.shapes[Int(shape)].additional
    }

    /// Lists in headers have blanks around their commas (RFC 9110 section 5.6.1).
    private func trimmed(_ piece: ByteView, _ coding: TextCoding) -> ByteView {
        coding == .none ? piece.trimmingBlanks : piece
    }

    // MARK: Paths and headers

    /// A value in the styles of paths and headers.
    func styled(_ rule: ValueRule, _ text: ByteView, _ coding: TextCoding) -> TextFault? {
        switch rule.style {
        case .matrix: return matrix(rule, text)
        case .label:
            guard text.count > 0, text[0] == UInt8(ascii: ".") else { return .malformed }
            return delimited(
                text[1, text.count], rule.shape, rule.explodes ? .dot : .comma, isAssigned: rule.explodes, coding)
        default: return delimited(text, rule.shape, .comma, isAssigned: rule.explodes, coding)
        }
    }

    private func matrix(_ rule: ValueRule, _ text: ByteView) -> TextFault? {
        guard text.count > 0, text[0] == UInt8(ascii: ";") else { return .malformed }
        let rest = text[1, text.count]
        let shape = table.shapes[Int(rule.shape)]
        let structure = structure(of: shape)
        if rule.explodes, structure == .object {
            return delimited(rest, rule.shape, .semicolon, isAssigned: true, .percent)
        }
        guard rule.explodes, structure == .array else {
            guard let value = matrixValue(rest, rule) else { return .malformed }
            return delimited(value, rule.shape, .comma, isAssigned: false, .percent)
        }
        json.append("[")
        var pieces = TextPieces(rest, .semicolon)
        var isFirst = true
        while let piece = pieces.next() {
            guard let value = matrixValue(piece, rule) else { return .malformed }
            if !isFirst { json.append(",") }
            isFirst = false
            if let fault = scalar(value, .percent, shape.element) { return fault }
        }
        json.append("]")
        return nil
    }

    /// What follows `name=`; empty for the name alone.
    private func matrixValue(_ text: ByteView, _ rule: ValueRule) -> ByteView? {
        let equals = text.firstIndex(of: UInt8(ascii: "=")) ?? text.count
        guard case .success(let name) = decoded(text[0, equals], .percent), name == table.name(rule.name) else { return nil }
        return text[min(equals &+ 1, text.count), text.count]
    }

    /// A value that is one JSON text.
    func document(_ raw: ByteView, _ coding: TextCoding) -> TextFault? {
        switch decoded(raw, coding) {
        case .failure(let error): return error.fault
        case .success(let text):
            // What is put into a larger text must be one value, or it could change the text around it.
            guard scratch.tape.parse(text) == nil else { return .invalidJSON }
            json.append(text)
            return nil
        }
    }
}

/// A fault as an error, for `Result`.
struct TextError: Error {
    let fault: TextFault

    init(_ fault: TextFault) { self.fault = fault }
}
