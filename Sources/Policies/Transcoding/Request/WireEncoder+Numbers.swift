import Bytes
import JSON
import Protobuf

/// Numbers, booleans and enums from JSON.
extension WireEncoder {
    /// The bits `ByteWriter.append(_:as:)` takes; nil after a fault, and without one for a value that options say to drop.
    @inline(__always)
    func number(_ field: FieldProgram, _ node: Int) -> UInt64? {
        switch tape.kind(node) {
        case .number: return number(field, numeral: tape.raw(node), node)
        case .true where field.kind == .bool: return 1
        case .false where field.kind == .bool: return 0
        case .string: return number(field, string: node)
        case .null where field.acceptsNull: return 0
        default:
            scratch.fail(.wrongType, node: node)
            return nil
        }
    }

    @inline(__always)
    private func number(_ field: FieldProgram, numeral: ByteView, _ node: Int) -> UInt64? {
        let parsed: Result<UInt64, TranscodingFault.Code>
        switch field.kind {
        case .enumeration: parsed = enumeration(field, numeral: numeral)
        case .bool: parsed = .failure(.wrongType)
        default: parsed = NumericText.bits(field.kind, numeral: numeral)
        }
        switch parsed {
        case .success(let bits): return bits
        case .failure(let code):
            scratch.fail(code, node: node)
            return nil
        }
    }

    private func number(_ field: FieldProgram, string node: Int) -> UInt64? {
        let text = text(node)
        if field.kind == .enumeration {
            if let number = pool.enumNumber(field.reference, named: text) { return UInt64(bitPattern: Int64(number)) }
            if !pool.options.ignoresUnknownMembers { scratch.fail(.unknownEnumValue, node: node) }
            return nil
        }
        let parsed: Result<UInt64, TranscodingFault.Code> =
            field.kind == .bool ? .failure(.wrongType) : NumericText.bits(field.kind, text)
        switch parsed {
        case .success(let bits): return bits
        case .failure(let code):
            scratch.fail(code, node: node)
            return nil
        }
    }

    /// Numbers without a name are values of open enums only.
    func enumeration(_ field: FieldProgram, numeral: ByteView) -> Result<UInt64, TranscodingFault.Code> {
        let parsed = NumericText.bits(.int32, numeral: numeral)
        guard case .success(let bits) = parsed, pool.enums[Int(field.reference)].isClosed else { return parsed }
        let isKnown = pool.enumName(field.reference, numbered: Int32(truncatingIfNeeded: bits)) != nil
        return isKnown ? parsed : .failure(.unknownEnumValue)
    }
}
