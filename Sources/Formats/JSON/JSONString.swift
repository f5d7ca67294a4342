import Bytes

/// The parts of strings that are not plain ASCII: finding the end, and reading escapes of text known to be well-formed.
enum JSONString {
    /// Where a string ends, or where it stops being one.
    struct Ending {
        let offset: Int
        var fault: JSONFault.Code?
        var hasEscapes = false
    }

    /// The offset of the closing quote, reading on from `start` somewhere inside the string with nothing but plain bytes before it.
    @inline(never)
    static func end(_ base: UnsafePointer<UInt8>, _ start: Int, _ size: Int) -> Ending {
        var at = start
        var hasEscapes = false
        while true {
            at = JSONWord.plainEnd(base, at, size)
            if at >= size { return Ending(offset: size, fault: .unexpectedEnd) }
            let byte = base[at]
            if byte == UInt8(ascii: "\"") { return Ending(offset: at, hasEscapes: hasEscapes) }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                if let code = escape(base, &at, size) { return Ending(offset: at, fault: code) }
            } else if byte < 0x20 {
                return Ending(offset: at, fault: .controlCharacter)
            } else {
                let length = UTF8Scan.sequence(base, at, size)
                if length == 0 { return Ending(offset: at, fault: .invalidUTF8) }
                at &+= length
            }
        }
    }

    /// The offset of the first byte that is not as in `word`, or the end of the text.
    @inline(never)
    static func difference(_ text: ByteView, _ start: Int, _ word: StaticString) -> Int {
        let word = ByteView(word)
        var length = 0
        while length < word.count, start &+ length < text.count, text.base[start &+ length] == word[length] { length &+= 1 }
        return start &+ length
    }

    /// Checks the escape at `at` and moves past it; on a fault `at` is where it was found.
    private static func escape(_ base: UnsafePointer<UInt8>, _ at: inout Int, _ size: Int) -> JSONFault.Code? {
        guard at &+ 1 < size else {
            at = size
            return .unexpectedEnd
        }
        switch base[at &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            at &+= 2
            return nil
        case UInt8(ascii: "u"): break
        default: return .invalidEscape
        }
        guard at &+ 6 <= size else {
            at = size
            return .unexpectedEnd
        }
        guard let unit = codeUnit(base + at + 2) else { return .invalidEscape }
        guard unit & 0xf800 == 0xd800 else {
            at &+= 6
            return nil
        }
        guard at &+ 12 <= size else {
            at = size
            return .unexpectedEnd
        }
        guard unit < 0xdc00, base[at &+ 6] == UInt8(ascii: "\\"), base[at &+ 7] == UInt8(ascii: "u"),
            let low = codeUnit(base + at + 8), low & 0xfc00 == 0xdc00
        else { return .loneSurrogate }
        at &+= 12
        return nil
    }

    /// Four hexadecimal digits, or nil.
    private static func codeUnit(_ base: UnsafePointer<UInt8>) -> UInt32? {
        var unit: UInt32 = 0
        for index in 0..<4 {
            guard let digit = ASCII.hexValue(base[index]) else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// Reads well-formed escaped text code point by code point.
    struct Reader {
        private let bytes: ByteView
        private var at = 0

        init(_ bytes: ByteView) { self.bytes = bytes }

        /// The next run of plain bytes (any UTF-8 up to a backslash), or one unescaped code point; nil at the end.
        mutating func next() -> Piece? {
            guard at < bytes.count else { return nil }
            guard bytes[at] == UInt8(ascii: "\\") else {
                let end = bytes.firstIndex(of: UInt8(ascii: "\\"), from: at) ?? bytes.count
                defer { at = end }
                return .plain(bytes[at, end])
            }
            guard at &+ 1 < bytes.count else { return nil }
            let letter = bytes[at &+ 1]
            at &+= 2
            switch letter {
            case UInt8(ascii: "b"): return .scalar(0x08)
            case UInt8(ascii: "f"): return .scalar(0x0c)
            case UInt8(ascii: "n"): return .scalar(0x0a)
            case UInt8(ascii: "r"): return .scalar(0x0d)
            case UInt8(ascii: "t"): return .scalar(0x09)
            case UInt8(ascii: "u"): return .scalar(unicode())
            default: return .scalar(UInt32(letter))
            }
        }

        private mutating func unicode() -> UInt32 {
            guard at &+ 4 <= bytes.count, let high = codeUnit(bytes.base + at) else { return 0xfffd }
            at &+= 4
            guard high & 0xfc00 == 0xd800, at &+ 6 <= bytes.count, let low = codeUnit(bytes.base + at + 2) else { return high }
            at &+= 6
            return 0x10000 &+ (high & 0x3ff) << 10 &+ (low & 0x3ff)
        }
    }

    enum Piece {
        case plain(ByteView)
        case scalar(UInt32)
    }

    /// The unescaped bytes of well-formed escaped text, one at a time.
    struct Bytes {
        private var reader: Reader
        private var plain = ByteView.empty
        private var at = 0
        /// Bytes of a code point still to be given, the next one lowest.
        private var pending: UInt32 = 0
        private var pendingCount = 0

        init(_ escaped: ByteView) { reader = Reader(escaped) }

        mutating func next() -> UInt8? {
            while true {
                if pendingCount > 0 {
                    defer {
                        pending >>= 8
                        pendingCount &-= 1
                    }
                    return UInt8(truncatingIfNeeded: pending)
                }
                if at < plain.count {
                    at &+= 1
                    return plain[at &- 1]
                }
                switch reader.next() {
                case nil: return nil
                case .plain(let run):
                    plain = run
                    at = 0
                case .scalar(let scalar): (pending, pendingCount) = encode(scalar)
                }
            }
        }
    }

    /// The UTF-8 bytes of a code point, first byte lowest, and how many they are.
    static func encode(_ scalar: UInt32) -> (bytes: UInt32, count: Int) {
        func tail(_ shift: UInt32) -> UInt32 { 0x80 | scalar >> shift & 0x3f }
        if scalar < 0x80 { return (scalar, 1) }
        if scalar < 0x800 { return (0xc0 | scalar >> 6 | tail(0) << 8, 2) }
        if scalar < 0x10000 { return (0xe0 | scalar >> 12 | tail(6) << 8 | tail(0) << 16, 3) }
        return (0xf0 | scalar >> 18 | tail(12) << 8 | tail(6) << 16 | tail(0) << 24, 4)
    }
}
