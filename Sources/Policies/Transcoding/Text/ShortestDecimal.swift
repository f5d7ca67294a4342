import Bytes

extension ByteWriter {
    /// Appends the shortest decimal that reads back as `value`; the strings of proto3 JSON for what is not finite.
    func append(json value: Double) {
        if appendSpecial(value) { return }
        var target = DecimalTarget(out: self)
        value.write(to: &target)
    }

    /// Appends the shortest decimal that reads back as `value` in single precision.
    func append(json value: Float) {
        if appendSpecial(Double(value)) { return }
        var target = DecimalTarget(out: self)
        value.write(to: &target)
    }

    private func appendSpecial(_ value: Double) -> Bool {
        if value.isFinite { return false }
        if value.isNaN { append("\"NaN\"") } else { append(value > 0 ? "\"Infinity\"" : "\"-Infinity\"") }
        return true
    }
}

/// Receives the digits the standard library prints, so that no `String` is made for them.
private struct DecimalTarget: TextOutputStream {
    let out: ByteWriter

    mutating func write(_ string: String) {
        var copy = string
        copy.withUTF8 { _writeASCII($0) }
    }

    /// The standard library prints numbers through this requirement; without it they would arrive as strings.
    mutating func _writeASCII(_ buffer: UnsafeBufferPointer<UInt8>) {
        var digits = ByteView(UnsafeRawBufferPointer(buffer))
        // Whole numbers need no fraction in JSON.
        if digits.count > 2, digits[digits.count - 2] == UInt8(ascii: "."), digits[digits.count - 1] == UInt8(ascii: "0") {
            digits = digits[0, digits.count - 2]
        }
        out.append(digits)
    }
}
