/// Named sets of code points, read from `UnicodeTables`.
package enum UnicodeSets {
    /// The version of Unicode the sets are from.
    package static var version: String { UnicodeTables.version }

    /// The set that stands under `name`: `gc=Lu`, `sc=Latn`, `Alphabetic`, `idna=PVALID`; nil when there is none.
    package static func named(_ name: String) -> CodePointSet? {
        guard let index = index[name] else { return nil }
        var reader = Reader(at: index)
        return reader.set()
    }

    /// The set of `\p{name}` or `\p{name=value}` of ECMA-262 section 22.2.1.4, or nil.
    static func property(name: String, value: String?) -> CodePointSet? {
        guard let value else { return category(name) ?? binary(name) }
        switch name {
        case "General_Category", "gc": return category(value)
        case "Script", "sc": return named("sc=" + value)
        case "Script_Extensions", "scx": return scriptExtensions(value)
        default: return nil
        }
    }

    private static func category(_ name: String) -> CodePointSet? {
        guard let parts = groups.first(where: { $0.names.contains(name) })?.parts else { return named("gc=" + name) }
        return CodePointSet(parts.flatMap { named("gc=" + $0)?.ranges ?? [] })
    }

    private static func binary(_ name: String) -> CodePointSet? {
        switch name {
        case "Any": .all
        case "ASCII": CodePointSet(0, 0x7F)
        case "Assigned": named("gc=Cn")?.inverted
        default: name.contains("=") ? nil : named(name)
        }
    }

    /// The code points of a script that are not listed with several, and those that are listed with it.
    private static func scriptExtensions(_ value: String) -> CodePointSet? {
        guard let plain = named("sc=" + value) else { return nil }
        let listed = named("scx=" + value) ?? .empty
        return plain.subtracting(allListed).union(listed)
    }

    private static let allListed = CodePointSet(
        index.keys.filter { $0.hasPrefix("scx=") }.flatMap { named($0)?.ranges ?? [] })

    /// Categories made of others, of PropertyValueAliases.txt.
    private static let groups: [(names: [String], parts: [String])] = [
        (["LC", "Cased_Letter"], ["Lu", "Ll", "Lt"]),
        (["L", "Letter"], ["Lu", "Ll", "Lt", "Lm", "Lo"]),
        (["M", "Mark", "Combining_Mark"], ["Mn", "Mc", "Me"]),
        (["N", "Number"], ["Nd", "Nl", "No"]),
        (["P", "Punctuation", "punct"], ["Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"]),
        (["S", "Symbol"], ["Sm", "Sc", "Sk", "So"]),
        (["Z", "Separator"], ["Zs", "Zl", "Zp"]),
        (["C", "Other"], ["Cc", "Cf", "Cs", "Co", "Cn"]),
    ]

    /// Where the ranges of each name begin.
    private static let index: [String: Int] = {
        var found: [String: Int] = [:]
        let text = UnicodeTables.lines
        let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        var start = 0
        while start < bytes.count, let space = bytes[start...].firstIndex(of: 0x20) {
            let names = String(decoding: bytes[start..<space], as: UTF8.self)
            for name in names.split(separator: ",") { found[String(name)] = space + 1 }
            start = (bytes[space...].firstIndex(of: 0x0A) ?? bytes.count) + 1
        }
        return found
    }()

    /// Reads ranges as scripts/unicode-tables writes them.
    private struct Reader {
        private let text = UnicodeTables.lines
        private var at: Int

        init(at: Int) { self.at = at }

        mutating func set() -> CodePointSet {
            var ranges: [CodePointSet.Range] = []
            var end: UInt32 = 0
            while let distance = number(), let length = number() {
                let lower = end + distance
                ranges.append(CodePointSet.Range(lower: lower, upper: lower + length))
                end = lower + length + 1
            }
            return CodePointSet(ranges)
        }

        private mutating func number() -> UInt32? {
            var value: UInt32 = 0
            var shift: UInt32 = 0
            while at < text.utf8CodeUnitCount, let digit = Self.digit(text.utf8Start[at]) {
                at += 1
                value |= UInt32(digit & 31) << shift
                if digit < 32 { return value }
                shift += 5
            }
            return nil
        }

        private static func digit(_ byte: UInt8) -> UInt8? {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte + 4
            case UInt8(ascii: "-"): 62
            case UInt8(ascii: "_"): 63
            default: nil
            }
        }
    }
}
