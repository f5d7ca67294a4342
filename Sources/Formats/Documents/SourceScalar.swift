/// A scalar by the YAML 1.2 core schema (section 10.3.2), which JSON's literals are a part of.
public enum SourceScalar: Hashable, Sendable {
    case null
    case bool(Bool)
    /// An integer that fits 64 bits; a larger one is a `double`.
    case integer(Int64)
    case double(Double)
    case string(String)

    /// What a plain (unquoted) scalar of YAML means: `no`, `on` and `1_000` are strings, `0o7` and `0x1F` integers.
    init(plain text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE": self = .bool(true)
        case "false", "False", "FALSE": self = .bool(false)
        default: self = Self.number(text) ?? .string(text)
        }
    }

    /// The number `text` writes, or nil when it is not one in the core schema.
    static func number(_ text: String) -> SourceScalar? {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, first == 0x2B || first == 0x2D || first == 0x2E || isDigit(first) else { return nil }
        if bytes.count > 2, first == 0x30, bytes[1] == 0x6F || bytes[1] == 0x78 {
            return prefixed(bytes.dropFirst(2), radix: bytes[1] == 0x6F ? 8 : 16)
        }
        switch text {
        case ".nan", ".NaN", ".NAN": return .double(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .double(.infinity)
        case "-.inf", "-.Inf", "-.INF": return .double(-.infinity)
        default: return decimal(text, bytes)
        }
    }

    private static func prefixed(_ digits: ArraySlice<UInt8>, radix: Int) -> SourceScalar? {
        // `Int64.init(_:radix:)` would take a sign, which the core schema does not allow here.
        guard digits.allSatisfy({ isDigit($0) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) }) else { return nil }
        guard let value = Int64(String(decoding: digits, as: UTF8.self), radix: radix) else { return nil }
        return .integer(value)
    }

    /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
    private static func decimal(_ text: String, _ bytes: [UInt8]) -> SourceScalar? {
        var at = bytes[0] == 0x2B || bytes[0] == 0x2D ? 1 : 0
        func digits() -> Int {
            let start = at
            while at < bytes.count, isDigit(bytes[at]) { at += 1 }
            return at - start
        }
        let whole = digits()
        if at == bytes.count, whole > 0, let value = Int64(text) { return .integer(value) }
        var fraction = 0
        if at < bytes.count, bytes[at] == 0x2E {
            at += 1
            fraction = digits()
        }
        guard whole + fraction > 0 else { return nil }
        if at < bytes.count, bytes[at] | 0x20 == 0x65 {
            at += 1
            if at < bytes.count, bytes[at] == 0x2B || bytes[at] == 0x2D { at += 1 }
            guard digits() > 0 else { return nil }
        }
        guard at == bytes.count else { return nil }
        return Double(text).map { .double($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
}
