import Bytes
import Patterns

/// Reads a text from left to right.
struct Scanner {
    let text: ByteView
    private(set) var at = 0

    init(_ text: ByteView) { self.text = text }

    var isAtEnd: Bool { at >= text.count }
    var peek: UInt8? { at < text.count ? text[at] : nil }
    /// What has not been read.
    var rest: ByteView { text[at, text.count] }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        at &+= 1
        return true
    }

    /// Whether the next byte is the ASCII letter in either case; takes it if so.
    mutating func takeLetter(_ lowercase: UInt8) -> Bool {
        guard let next = peek, next | 0x20 == lowercase else { return false }
        at &+= 1
        return true
    }

    /// The number of digits that come next; takes them.
    mutating func takeDigits() -> Int {
        let start = at
        while let next = peek, ASCII.isDigit(next) { at &+= 1 }
        return at &- start
    }

    /// The value of exactly `count` digits.
    mutating func takeNumber(digits count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let next = peek, ASCII.isDigit(next) else { return nil }
            value = value &* 10 &+ Int(next &- 48)
            at &+= 1
        }
        return value
    }

    /// A percent sign and two hexadecimal digits (RFC 3986 section 2.1).
    mutating func takeEscape() -> Bool {
        guard at &+ 3 <= text.count, text[at] == UInt8(ascii: "%"), ASCII.hexValue(text[at &+ 1]) != nil,
            ASCII.hexValue(text[at &+ 2]) != nil
        else { return false }
        at &+= 3
        return true
    }

    /// The code point that comes next; takes it.
    mutating func takePoint() -> UInt32? {
        guard at < text.count else { return nil }
        let (point, length) = CodePoints.next(text, at)
        at &+= length
        return point
    }
}

extension ByteView {
    /// Whether every byte satisfies `test`.
    func allBytes(_ test: (UInt8) -> Bool) -> Bool {
        var index = 0
        while index < count {
            if !test(self[index]) { return false }
            index &+= 1
        }
        return true
    }

    /// Where the last `byte` stands, or nil.
    func lastIndex(of byte: UInt8) -> Int? {
        var index = count
        while index > 0 {
            index &-= 1
            if self[index] == byte { return index }
        }
        return nil
    }
}
