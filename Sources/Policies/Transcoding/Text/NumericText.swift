import Bytes
import JSON
import Protobuf

extension TranscodingFault.Code: Error {}

/// Numbers as text, turned into the bits of their wire form.
///
/// The bits are what `ByteWriter.append(_:as:)` takes: the varint (zigzagged for `sint`), or the little-endian word of the fixed kinds.
enum NumericText {
    /// A number, or a boolean, written in a string, a map key, a path or a query.
    static func bits(_ kind: FieldKind, _ text: ByteView) -> Result<UInt64, TranscodingFault.Code> {
        switch kind {
        case .bool:
            if text == "true" { return .success(1) }
            return text == "false" ? .success(0) : .failure(.wrongType)
        case .double, .float:
            if text == "NaN" { return .success(floating(.nan, kind)) }
            if text == "Infinity" { return .success(floating(.infinity, kind)) }
            if text == "-Infinity" { return .success(floating(-.infinity, kind)) }
            guard isNumeral(text) else { return .failure(.invalidNumber) }
        default: guard isNumeral(text) else { return .failure(.notAnInteger) }
        }
        return bits(kind, numeral: text)
    }

    /// A number whose text already satisfies the grammar of JSON.
    @inline(__always)
    static func bits(_ kind: FieldKind, numeral: ByteView) -> Result<UInt64, TranscodingFault.Code> {
        if kind == .double || kind == .float {
            guard numeral.count <= TranscodingLimits.decimalText, let value = JSONNumber.double(numeral) else {
                return .failure(.outOfRange)
            }
            if kind == .float && !Float(value).isFinite { return .failure(.outOfRange) }
            return .success(floating(value, kind))
        }
        let integer: (isNegative: Bool, magnitude: UInt64)
        if let short = shortInteger(numeral) {
            integer = short
        } else if let exact = JSONNumber.integer(numeral) {
            integer = exact
        } else {
            return .failure(JSONNumber.isIntegral(numeral) ? .outOfRange : .notAnInteger)
        }
        return bits(kind, integer.isNegative, integer.magnitude)
    }

    /// Up to eighteen digits and nothing else, which is nearly every integer.
    @inline(__always)
    private static func shortInteger(_ text: ByteView) -> (isNegative: Bool, magnitude: UInt64)? {
        let start = !text.isEmpty && text[0] == UInt8(ascii: "-") ? 1 : 0
        guard text.count &- start <= 18, text.count > start else { return nil }
        var value: UInt64 = 0
        var index = start
        while index < text.count {
            let digit = text[index] &- 48
            guard digit < 10 else { return nil }
            value = value &* 10 &+ UInt64(digit)
            index &+= 1
        }
        return (start == 1, value)
    }

    @inline(__always)
    private static func bits(
        _ kind: FieldKind, _ isNegative: Bool, _ magnitude: UInt64
    ) -> Result<UInt64, TranscodingFault.Code> {
        switch kind {
        case .uint64, .fixed64: return isNegative && magnitude != 0 ? .failure(.outOfRange) : .success(magnitude)
        case .uint32, .fixed32:
            let fits = magnitude <= UInt64(UInt32.max) && !(isNegative && magnitude != 0)
            return fits ? .success(magnitude) : .failure(.outOfRange)
        case .int64, .sint64, .sfixed64:
            guard magnitude <= UInt64(Int64.max) &+ (isNegative ? 1 : 0) else { return .failure(.outOfRange) }
        default:
            guard magnitude <= UInt64(Int32.max) &+ (isNegative ? 1 : 0) else { return .failure(.outOfRange) }
        }
        let value = Int64(bitPattern: isNegative ? 0 &- magnitude : magnitude)
        return switch kind {
        case .sint32, .sint64: .success(ZigZag.encode(value))
        case .sfixed32: .success(UInt64(UInt32(bitPattern: Int32(truncatingIfNeeded: value))))
        default: .success(UInt64(bitPattern: value))
        }
    }

    private static func floating(_ value: Double, _ kind: FieldKind) -> UInt64 {
        kind == .float ? UInt64(Float(value).bitPattern) : value.bitPattern
    }

    /// Whether the text is a number of RFC 8259 section 6.
    static func isNumeral(_ text: ByteView) -> Bool {
        var at = 0
        func byte() -> UInt8 { at < text.count ? text[at] : 0 }
        func digits() -> Bool {
            let start = at
            while ASCII.isDigit(byte()) { at &+= 1 }
            return at > start
        }
        if byte() == UInt8(ascii: "-") { at &+= 1 }
        if byte() == UInt8(ascii: "0") { at &+= 1 } else if !digits() { return false }
        if byte() == UInt8(ascii: ".") {
            at &+= 1
            guard digits() else { return false }
        }
        if byte() | 0x20 == UInt8(ascii: "e") {
            at &+= 1
            if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") { at &+= 1 }
            guard digits() else { return false }
        }
        return at == text.count && !text.isEmpty
    }
}

extension ByteWriter {
    /// Appends a numeric value without its tag.
    @inline(__always)
    func append(_ bits: UInt64, as kind: FieldKind) {
        switch kind.wireType {
        case .fixed64: append(littleEndian: bits)
        case .fixed32: append(littleEndian: UInt32(truncatingIfNeeded: bits))
        default: append(varint: bits)
        }
    }
}
