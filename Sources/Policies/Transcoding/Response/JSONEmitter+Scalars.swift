import Bytes
import JSON
import Protobuf

/// Single values from the wire.
extension JSONEmitter {
    /// The value's bits, cut to the width of the kind, so that zero means the default.
    @inline(__always)
    func number(_ kind: FieldKind, _ reader: inout WireReader) -> UInt64? {
        switch kind.wireType {
        case .fixed64: return reader.readFixed64()
        case .fixed32: return reader.readFixed32().map { UInt64($0) }
        default: break
        }
        guard let raw = reader.readVarint() else { return nil }
        return switch kind {
        case .bool: raw == 0 ? 0 : 1
        case .int32, .uint32, .enumeration, .sint32: raw & 0xffff_ffff
        default: raw
        }
    }

    /// A number, boolean or enum value; 64-bit integers are strings, because JavaScript would round them.
    @inline(__always)
    func append(_ field: FieldProgram, _ bits: UInt64) {
        switch field.kind {
        case .int64, .sfixed64: quoted(Int64(bitPattern: bits))
        case .sint64: quoted(ZigZag.decode(bits))
        case .uint64, .fixed64:
            out.append(UInt8(ascii: "\""))
            out.append(decimal: bits)
            out.append(UInt8(ascii: "\""))
        case .int32, .sfixed32: out.append(decimal: Int(Int32(truncatingIfNeeded: bits)))
        case .sint32: out.append(decimal: Int(Int32(truncatingIfNeeded: ZigZag.decode(bits))))
        case .uint32, .fixed32: out.append(decimal: bits)
        case .bool: out.append(bits == 0 ? "false" : "true")
        case .enumeration: enumeration(field, Int32(truncatingIfNeeded: bits))
        case .float: out.append(json: Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        default: out.append(json: Double(bitPattern: bits))
        }
    }

    private func quoted(_ value: Int64) {
        out.append(UInt8(ascii: "\""))
        out.append(decimal: Int(value))
        out.append(UInt8(ascii: "\""))
    }

    private func enumeration(_ field: FieldProgram, _ number: Int32) {
        if pool.enums[Int(field.reference)].isNull {
            out.append("null")
        } else if let name = pool.enumName(field.reference, numbered: number) {
            out.append(UInt8(ascii: "\""))
            out.append(jsonEscaped: name)
            out.append(UInt8(ascii: "\""))
        } else {
            out.append(decimal: Int(number))
        }
    }

    /// The contents of a string or bytes field, in quotes.
    @inline(__always)
    func text(_ field: FieldProgram, _ bytes: ByteView) -> Bool {
        out.append(UInt8(ascii: "\""))
        if field.kind == .bytes {
            out.append(base64Encoded: bytes)
        } else if PlainText.isPlain(bytes) {
            out.append(bytes)
        } else {
            if field.validatesUTF8, UTF8Scan.firstFault(in: bytes) != nil { return scratch.fail(.invalidUTF8) }
            out.append(jsonEscaped: bytes)
        }
        out.append(UInt8(ascii: "\""))
        return true
    }

    /// Members `from..<to` that are absent and have no presence, with their default values.
    func defaults(_ program: MessageProgram, _ from: Int, _ to: Int, _ isFirst: inout Bool) {
        var index = from
        while index < to {
            let field = pool.field(program, index)
            if !field.hasPresence {
                label(field, &isFirst)
                defaultValue(field)
            }
            index &+= 1
        }
    }

    /// The value an absent field has.
    func defaultValue(_ field: FieldProgram) {
        switch (field.shape, field.kind) {
        case (.map, _): out.append("{}")
        case (.repeated, _), (.packed, _): out.append("[]")
        case (.singular, .string), (.singular, .bytes): out.append("\"\"")
        case (.singular, .message), (.singular, .group): out.append("null")
        default: append(field, 0)
        }
    }
}
