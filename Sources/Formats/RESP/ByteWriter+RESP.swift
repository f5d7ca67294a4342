public import Bytes

/// Commands as the server reads them: arrays of bulk strings.
extension ByteWriter {
    /// Begins a command of `parts` parts, its name among them; exactly as many `appendRESP` calls must follow.
    public func beginRESPCommand(parts: Int) {
        append(UInt8(ascii: "*"))
        append(decimal: parts)
        append("\r\n")
    }

    /// One part of a command.
    public func appendRESP(_ bytes: ByteView) {
        append(UInt8(ascii: "$"))
        append(decimal: bytes.count)
        append("\r\n")
        append(bytes)
        append("\r\n")
    }

    /// One part of a command.
    public func appendRESP(_ literal: StaticString) { appendRESP(ByteView(literal)) }

    /// A number as one part of a command.
    public func appendRESP(decimal value: Int64) {
        append(UInt8(ascii: "$"))
        append(decimal: Self.digits(value))
        append("\r\n")
        if value < 0 { append(UInt8(ascii: "-")) }
        append(decimal: value.magnitude)
        append("\r\n")
    }

    /// One part of a command. Off the hot path only.
    public func appendRESP(utf8 text: String) { text.withByteView { appendRESP($0) } }

    private static func digits(_ value: Int64) -> Int {
        var rest = value.magnitude / 10
        var digits = value < 0 ? 2 : 1
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        return digits
    }
}
