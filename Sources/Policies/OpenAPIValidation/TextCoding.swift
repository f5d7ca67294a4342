import Bytes
import JSON

/// How a text is escaped where it stands.
enum TextCoding: UInt8, Sendable {
    /// Not at all: headers, parts of multipart bodies.
    case none
    /// Percent-encoding (RFC 3986 section 2.1): paths, cookies, queries in which reserved characters stand for themselves.
    case percent
    /// Percent-encoding with `+` for a space: queries and forms.
    case form

    /// Appends the decoded text; false when a `%` is not followed by two hexadecimal digits.
    func append(_ raw: ByteView, to out: ByteWriter) -> Bool {
        var at = 0
        while at < raw.count {
            let byte = raw[at]
            at &+= 1
            if byte == UInt8(ascii: "%"), self != .none {
                guard at &+ 1 < raw.count, let high = ASCII.hexValue(raw[at]), let low = ASCII.hexValue(raw[at &+ 1]) else {
                    return false
                }
                out.append(high << 4 | low)
                at &+= 2
            } else {
                out.append(byte == UInt8(ascii: "+") && self == .form ? UInt8(ascii: " ") : byte)
            }
        }
        return true
    }

    /// Whether decoding changes nothing.
    func isPlain(_ raw: ByteView) -> Bool {
        switch self {
        case .none: true
        case .percent: raw.firstIndex(of: UInt8(ascii: "%")) == nil
        case .form: raw.firstIndex(of: UInt8(ascii: "%")) == nil && raw.firstIndex(of: UInt8(ascii: "+")) == nil
        }
    }
}

/// The literals of JSON as clients write them in texts.
enum TextLiteral {
    /// Whether the text is a number by RFC 8259 section 6.
    static func isNumber(_ text: ByteView) -> Bool {
        var at = 0
        func digits() -> Int {
            let start = at
            while at < text.count, ASCII.isDigit(text[at]) { at &+= 1 }
            return at &- start
        }
        if at < text.count, text[at] == UInt8(ascii: "-") { at &+= 1 }
        let start = at
        let whole = digits()
        if whole == 0 || whole > 1 && text[start] == UInt8(ascii: "0") { return false }
        if at < text.count, text[at] == UInt8(ascii: ".") {
            at &+= 1
            if digits() == 0 { return false }
        }
        if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
            at &+= 1
            if at < text.count, text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: "+") { at &+= 1 }
            if digits() == 0 { return false }
        }
        return at == text.count
    }
}

/// What stands between the elements of a value.
enum TextDelimiter: UInt8, Sendable {
    case comma, dot, semicolon
    /// `%20` or `+`: a query holds no bare space.
    case space
    /// `|`, which most clients encode.
    case pipe
}

/// The pieces of a text between delimiters, empty ones too; there is always one.
struct TextPieces {
    private let text: ByteView
    private let delimiter: TextDelimiter
    private var at = 0
    private var isAtEnd = false

    init(_ text: ByteView, _ delimiter: TextDelimiter) {
        self.text = text
        self.delimiter = delimiter
    }

    mutating func next() -> ByteView? {
        if isAtEnd { return nil }
        let start = at
        while at < text.count {
            let length = delimiterLength()
            if length > 0 {
                defer { at &+= length }
                return text[start, at]
            }
            at &+= 1
        }
        isAtEnd = true
        return text[start, at]
    }

    private func delimiterLength() -> Int {
        let byte = text[at]
        switch delimiter {
        case .comma: return byte == UInt8(ascii: ",") ? 1 : 0
        case .dot: return byte == UInt8(ascii: ".") ? 1 : 0
        case .semicolon: return byte == UInt8(ascii: ";") ? 1 : 0
        case .space: return byte == UInt8(ascii: "+") ? 1 : isEscape("%20", "%20") ? 3 : 0
        case .pipe: return byte == UInt8(ascii: "|") ? 1 : isEscape("%7C", "%7c") ? 3 : 0
        }
    }

    private func isEscape(_ upper: StaticString, _ lower: StaticString) -> Bool {
        guard text[at] == UInt8(ascii: "%"), at &+ 3 <= text.count else { return false }
        return text[at, at &+ 3] == upper || text[at, at &+ 3] == lower
    }
}
