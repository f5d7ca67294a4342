import Bytes
import JSON
import Testing

/// A reader that follows the grammar of RFC 8259 one production at a time and knows nothing of the tape.
struct ReferenceReader {
    let bytes: [UInt8]
    var at = 0

    static func accepts(_ bytes: [UInt8]) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var reader = ReferenceReader(bytes: bytes)
        reader.space()
        guard reader.value() else { return false }
        reader.space()
        return reader.at == bytes.count
    }

    var here: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
        guard here == byte else { return false }
        at += 1
        return true
    }

    mutating func space() { while let byte = here, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { at += 1 } }

    mutating func word(_ text: String) -> Bool { text.utf8.allSatisfy { take($0) } }

    mutating func value() -> Bool {
        switch here {
        case UInt8(ascii: "{"): return list("{", "}") { $0.string() && $0.colon() && $0.value() }
        case UInt8(ascii: "["): return list("[", "]") { $0.value() }
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    mutating func colon() -> Bool {
        space()
        guard take(UInt8(ascii: ":")) else { return false }
        space()
        return true
    }

    mutating func list(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ item: (inout Self) -> Bool) -> Bool {
        guard take(UInt8(ascii: open)) else { return false }
        space()
        if take(UInt8(ascii: close)) { return true }
        while true {
            guard item(&self) else { return false }
            space()
            if take(UInt8(ascii: close)) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
            space()
        }
    }

    mutating func string() -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        while let byte = here {
            at += 1
            if byte == UInt8(ascii: "\"") { return true }
            if byte < 0x20 { return false }
            if byte == UInt8(ascii: "\\") {
                guard let escape = here else { return false }
                at += 1
                if escape == UInt8(ascii: "u") {
                    guard let unit = hex() else { return false }
                    if (0xdc00...0xdfff).contains(unit) { return false }
                    if (0xd800...0xdbff).contains(unit) {
                        guard word("\\u"), let low = hex(), (0xdc00...0xdfff).contains(low) else { return false }
                    }
                } else if !"\"\\/bfnrt".utf8.contains(escape) {
                    return false
                }
            }
        }
        return false
    }

    mutating func hex() -> Int? {
        guard at + 4 <= bytes.count, let text = String(validating: bytes[at..<at + 4], as: UTF8.self) else { return nil }
        guard text.allSatisfy({ $0.isHexDigit && $0.isASCII }) else { return nil }
        at += 4
        return Int(text, radix: 16)
    }

    mutating func digits() -> Bool {
        let start = at
        while let byte = here, ASCII.isDigit(byte) { at += 1 }
        return at > start
    }

    mutating func number() -> Bool {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")), !digits() { return false }
        if take(UInt8(ascii: ".")), !digits() { return false }
        if here == UInt8(ascii: "e") || here == UInt8(ascii: "E") {
            at += 1
            if here == UInt8(ascii: "+") || here == UInt8(ascii: "-") { at += 1 }
            return digits()
        }
        return true
    }
}

@Suite struct JSONExhaustiveTests {
    static let sample = Array(#" {"key":[1,-2.5e+3,true,null,"a\u00e9\n\ud83d\ude00é"],"o":{"x":false}} "#.utf8)
    static let unlimited = JSONLimits(rejectDuplicateNames: false)

    @Test("refuses every proper prefix that ends inside the value")
    func truncation() {
        let end = Self.sample.count - 1
        for length in 0..<end {
            let found = fault(of: Array(Self.sample.prefix(length)))
            #expect(found != nil, "prefix of \(length)")
            #expect((found?.offset ?? 0) <= length)
        }
        #expect(fault(of: Array(Self.sample.prefix(end))) == nil)
    }

    @Test("agrees with the grammar for every byte at every position")
    func everyByte() {
        for position in Self.sample.indices {
            for byte in UInt8(0)...255 {
                var bytes = Self.sample
                bytes[position] = byte
                #expect(
                    (fault(of: bytes, limits: Self.unlimited) == nil) == ReferenceReader.accepts(bytes), "\(byte) at \(position)")
            }
        }
    }

    @Test("agrees with the grammar on random mutations")
    func mutations() {
        var generator = Lehmer(state: 42)
        let alphabet = Array("{}[]\",:0123.eE+-tfn\\u d8 \u{1}é".utf8)
        for _ in 0..<20_000 {
            var bytes = Self.sample
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes.remove(at: position)
                case 1: bytes.insert(alphabet.randomElement(using: &generator) ?? 0, at: position)
                default: bytes[position] = alphabet.randomElement(using: &generator) ?? 0
                }
            }
            #expect((fault(of: bytes, limits: Self.unlimited) == nil) == ReferenceReader.accepts(bytes), "\(bytes)")
        }
    }
}

/// A small repeatable generator.
struct Lehmer: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
