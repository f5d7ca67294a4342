import Bytes

/// The grammars of numbers in RESP3 lines.
enum RESPText {
    /// More digits no count or length has that fits any limit.
    private static let lengthDigits = 10

    /// A length or count without sign and without leading zeros, or nil.
    static func length(_ text: ByteView) -> Int? {
        guard !text.isEmpty, text.count <= lengthDigits, text[0] != UInt8(ascii: "0") || text.count == 1 else { return nil }
        var value = 0
        for index in 0..<text.count {
            guard ASCII.isDigit(text[index]) else { return nil }
            value = value * 10 + Int(text[index] - 48)
        }
        return value
    }

    /// A signed number that fits 64 bits, or nil.
    static func integer(_ text: ByteView) -> Int64? {
        let start = signLength(text)
        guard start < text.count else { return nil }
        let isNegative = text[0] == UInt8(ascii: "-")
        var value: Int64 = 0
        for index in start..<text.count {
            guard ASCII.isDigit(text[index]) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(text[index] - 48)
            let (sum, carry) =
                isNegative
                ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !overflow && !carry else { return nil }
            value = sum
        }
        return value
    }

    /// Whether the text is an optional sign and digits.
    static func isBigNumber(_ text: ByteView) -> Bool {
        let start = signLength(text)
        return start < text.count && digits(text, from: start) == text.count
    }

    /// Whether the text is a double: `inf`, `-inf`, `nan`, or digits with an optional fraction and exponent.
    static func isDouble(_ text: ByteView) -> Bool {
        if text == "inf" || text == "-inf" || text == "nan" || text == "-nan" || text == "+inf" { return true }
        var index = signLength(text)
        let whole = digits(text, from: index)
        guard whole > index else { return false }
        index = whole
        if index < text.count, text[index] == UInt8(ascii: ".") { index = digits(text, from: index + 1) }
        guard index < text.count else { return true }
        guard text[index] | 0x20 == UInt8(ascii: "e") else { return false }
        index += 1
        index += signLength(text[index, text.count])
        return index < text.count && digits(text, from: index) == text.count
    }

    private static func signLength(_ text: ByteView) -> Int {
        !text.isEmpty && (text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+")) ? 1 : 0
    }

    /// The index behind the digits that begin at `start`.
    private static func digits(_ text: ByteView, from start: Int) -> Int {
        var index = start
        while index < text.count, ASCII.isDigit(text[index]) { index += 1 }
        return index
    }
}
