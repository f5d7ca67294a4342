import Bytes
import Protobuf

/// The way from a message to a field inside it, as indices into the pool's fields.
struct FieldPath {
    var steps: ContiguousArray<Int32>

    /// Why a field can or cannot take one text.
    enum Leaf {
        case scalar
        /// A message that is written as one text: wrapper, Timestamp, Duration, FieldMask.
        case textual
        case unbindable
    }

    static func leaf(_ field: FieldProgram, _ pool: CodecPool) -> Leaf {
        if field.shape == .map { return .unbindable }
        guard field.kind.isMessage else { return .scalar }
        guard field.kind == .message else { return .unbindable }
        return switch pool.messages[Int(field.reference)].form {
        case .timestamp, .duration, .fieldMask, .wrapper: .textual
        default: .unbindable
        }
    }
}

/// Fields from text: path variables and query parameters.
extension WireEncoder {
    /// Writes one text at the end of the way `steps`, inside the messages on it.
    func text(_ text: ByteView, at steps: ArraySlice<Int32>) -> Bool {
        guard let first = steps.first else { return scratch.fail(.unbindableParameter) }
        let field = pool.fields[Int(first)]
        guard steps.count > 1 else { return leaf(field, text) }
        out.append(tag: field.tag)
        if field.kind == .group {
            guard self.text(text, at: steps.dropFirst()) else { return false }
            out.append(tag: WireTag(number: field.number, type: .endGroup))
            return true
        }
        let mark = out.openLengthDelimited()
        guard self.text(text, at: steps.dropFirst()) else { return false }
        out.closeLengthDelimited(mark)
        return true
    }

    private func leaf(_ field: FieldProgram, _ text: ByteView) -> Bool {
        let isWritten = field.hasPresence || field.shape != .singular
        switch field.kind {
        case .string:
            if text.isEmpty && !isWritten { return true }
            guard PlainText.isUTF8(text) else { return scratch.fail(.invalidUTF8) }
            out.append(tag: field.tag)
            out.append(lengthDelimited: text)
            return true
        case .bytes:
            if text.isEmpty && !isWritten { return true }
            out.append(tag: field.tag)
            let mark = out.openLengthDelimited()
            guard out.append(base64Decoded: text) else { return scratch.fail(.invalidBase64) }
            out.closeLengthDelimited(mark)
            return true
        case .message:
            out.append(tag: field.tag)
            let mark = out.openLengthDelimited()
            let program = pool.messages[Int(field.reference)]
            let isFilled =
                switch program.form {
                case .wrapper: leaf(pool.field(program, 0), text)
                case .fieldMask: mask(text)
                default: special(program, text: text, -1)
                }
            guard isFilled else { return false }
            out.closeLengthDelimited(mark)
            return true
        case .group: return scratch.fail(.unbindableParameter)
        default:
            guard let bits = number(field, text) else { return false }
            if bits == 0 && !isWritten { return true }
            out.append(tag: field.tag)
            out.append(bits, as: field.kind)
            return true
        }
    }

    /// Paths of a field mask between commas, in lower camel case as in JSON, or as the `.proto` file writes them: that is how
    /// nearly every client of `google.api.http` sends `update_mask`.
    private func mask(_ text: ByteView) -> Bool {
        var start = 0
        while start < text.count {
            let end = text.firstIndex(of: UInt8(ascii: ","), from: start) ?? text.count
            let path = text[start, end]
            out.append(tag: WireTag(number: 1, type: .lengthDelimited))
            let mark = out.openLengthDelimited()
            if Self.isProtoPath(path) {
                out.append(path)
            } else if !PlainText.isPlain(path) || !FieldMaskText.append(snakeCased: path, to: out) {
                return scratch.fail(.invalidFieldMask)
            }
            out.closeLengthDelimited(mark)
            start = end &+ 1
            if start == text.count { return scratch.fail(.invalidFieldMask) }
        }
        return true
    }

    /// Lower-case names with underscores, dots between.
    private static func isProtoPath(_ path: ByteView) -> Bool {
        var index = 0
        while index < path.count {
            let byte = path[index]
            guard byte &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") else {
                return false
            }
            index &+= 1
        }
        return !path.isEmpty
    }

    /// Enums by name or number, everything else as its string in JSON.
    private func number(_ field: FieldProgram, _ text: ByteView) -> UInt64? {
        let parsed: Result<UInt64, TranscodingFault.Code>
        if field.kind != .enumeration {
            parsed = NumericText.bits(field.kind, text)
        } else if let number = pool.enumNumber(field.reference, named: text) {
            parsed = .success(UInt64(bitPattern: Int64(number)))
        } else {
            parsed = NumericText.isNumeral(text) ? enumeration(field, numeral: text) : .failure(.unknownEnumValue)
        }
        switch parsed {
        case .success(let bits): return bits
        case .failure(let code):
            scratch.fail(code)
            return nil
        }
    }
}
