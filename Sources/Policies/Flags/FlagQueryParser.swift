/// Reads a condition.
struct FlagQueryParser {
    /// Why a text is no condition, for the operator.
    struct Fault: Error {
        let message: String
    }

    static let maximumBytes = 4096
    /// Of parentheses; the reader and what evaluates recurse.
    private static let maximumDepth = 32
    /// Comparisons of one condition: a chain of them is as deep as it is long.
    private static let maximumTerms = 256

    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0
    private var terms = 0

    private init(_ text: String) { bytes = Array(text.utf8) }

    static func parse(_ text: String) throws(Fault) -> FlagQuery {
        guard text.utf8.count <= maximumBytes else { throw Fault(message: "a condition has at most \(maximumBytes) bytes") }
        var parser = FlagQueryParser(text)
        let query = try parser.expression()
        guard parser.index == parser.bytes.count else { throw parser.fault("\"and\", \"or\" or the end") }
        return query
    }

    private mutating func expression() throws(Fault) -> FlagQuery {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw Fault(message: "more than \(Self.maximumDepth) parentheses in each other") }
        var query = try term()
        while true {
            skipSpaces()
            if word("and") {
                query = .both(query, try term())
            } else if word("or") {
                query = .either(query, try term())
            } else {
                return query
            }
        }
    }

    private mutating func term() throws(Fault) -> FlagQuery {
        terms += 1
        guard terms <= Self.maximumTerms else { throw Fault(message: "more than \(Self.maximumTerms) comparisons") }
        skipSpaces()
        let start = index
        let isNegated = word("not") || word("NOT")
        skipSpaces()
        if take("(") {
            let query = try expression()
            guard take(")") else { throw fault("\")\"") }
            return isNegated ? .not(query) : query
        }
        guard !isNegated || bytes[safe: index] == nil || isSpaceless(start) else { throw fault("\"(\" after \"not\"") }
        index = start
        return try comparison()
    }

    /// Whether what was taken for `not` is the beginning of a name.
    private func isSpaceless(_ start: Int) -> Bool { bytes[safe: start + 3].map { Self.isName($0) } ?? false }

    private mutating func comparison() throws(Fault) -> FlagQuery {
        let name = try name()
        skipSpaces()
        if word("pr") { return .present(name: name) }
        if word("in") || word("IN") { return try list(name) }
        for (words, comparison) in Self.comparisons {
            for text in words where isSymbol(text) ? take(text) : word(text) {
                skipSpaces()
                return .compare(name: name, comparison, try literal(for: comparison))
            }
        }
        throw fault("a comparison such as eq, ne, gt, ge, lt, le, co, sw, ew, in or pr")
    }

    private static let comparisons: [([String], FlagQuery.Comparison)] = [
        (["eq", "EQ", "=="], .equal), (["ne", "NE", "!="], .notEqual), (["ge", "GE", ">="], .greaterOrEqual),
        (["le", "LE", "<="], .lessOrEqual), (["gt", "GT", ">"], .greater), (["lt", "LT", "<"], .less), (["co", "CO"], .contains),
        (["sw", "SW"], .begins), (["ew", "EW"], .ends),
    ]

    private func isSymbol(_ text: String) -> Bool { text.utf8.first.map { !Self.isName($0) } ?? true }

    /// Letters first, then letters, digits, `-`, `_` and `:`; several with dots between.
    private mutating func name() throws(Fault) -> [UInt8] {
        let start = index
        var isFirst = true
        while let byte = bytes[safe: index] {
            if isFirst {
                guard (byte | 0x20) &- 97 < 26 else { break }
                isFirst = false
            } else if byte == UInt8(ascii: ".") {
                isFirst = true
            } else if !Self.isName(byte) {
                break
            }
            index += 1
        }
        guard index > start, !isFirst else { throw fault("a name such as tenantId") }
        return Array(bytes[start..<index])
    }

    private static func isName(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: ":")
    }

    private mutating func literal(for comparison: FlagQuery.Comparison) throws(Fault) -> FlagQuery.Literal {
        let simple: FlagQuery.Literal? = word("true") ? .bool(true) : word("false") ? .bool(false) : word("null") ? .null : nil
        if let simple {
            switch comparison {
            case .equal, .notEqual: return simple
            default: throw Fault(message: "true, false and null have no order and no parts; compare them with eq or ne")
            }
        }
        if bytes[safe: index] == UInt8(ascii: "\"") { return .text(try text().map(FlagQuery.lowercased)) }
        switch comparison {
        case .contains, .begins, .ends: throw fault("a text in double quotes")
        default: return try number()
        }
    }

    private mutating func text() throws(Fault) -> [UInt8] {
        guard take("\"") else { throw fault("a text in double quotes") }
        let start = index
        while let byte = bytes[safe: index], byte != UInt8(ascii: "\"") {
            guard byte != UInt8(ascii: "\\") else { throw Fault(message: "escapes in texts are not read") }
            index += 1
        }
        guard take("\"") else { throw fault("the closing quote") }
        return Array(bytes[start..<index - 1])
    }

    private mutating func number() throws(Fault) -> FlagQuery.Literal {
        let start = index
        while let byte = bytes[safe: index],
            byte &- 48 < 10 || byte == UInt8(ascii: ".") || (byte == UInt8(ascii: "-") && index == start)
        {
            index += 1
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        let dots = text.utf8.count { $0 == UInt8(ascii: ".") }
        if dots == 0, let integer = Int64(text) { return .integer(integer) }
        if dots == 1, text.utf8.last != UInt8(ascii: "."), let double = Double(text), double.isFinite { return .double(double) }
        index = start
        throw fault("a text in double quotes, a number, true, false or null")
    }

    private mutating func list(_ name: [UInt8]) throws(Fault) -> FlagQuery {
        skipSpaces()
        guard take("[") else { throw fault("\"[\"") }
        var texts: [[UInt8]] = []
        var numbers: [Double] = []
        repeat {
            skipSpaces()
            if bytes[safe: index] == UInt8(ascii: "\"") {
                texts.append(try text())
            } else {
                switch try number() {
                case .integer(let integer): numbers.append(Double(integer))
                case .double(let double): numbers.append(double)
                default: break
                }
            }
            skipSpaces()
        } while take(",")
        guard take("]") else { throw fault("\",\" or \"]\"") }
        guard texts.isEmpty || numbers.isEmpty else { throw Fault(message: "a list has texts or numbers, not both") }
        return .oneOf(name: name, texts: texts, numbers: numbers)
    }

    // MARK: Bytes

    private mutating func skipSpaces() { while bytes[safe: index] == 0x20 { index += 1 } }

    private mutating func take(_ text: String) -> Bool {
        guard bytes[index...].starts(with: text.utf8) else { return false }
        index += text.utf8.count
        return true
    }

    /// Takes a word that no letter follows.
    private mutating func word(_ text: String) -> Bool {
        guard bytes[index...].starts(with: text.utf8) else { return false }
        if let next = bytes[safe: index + text.utf8.count], Self.isName(next) || next == UInt8(ascii: ".") { return false }
        index += text.utf8.count
        return true
    }

    private func fault(_ expected: String) -> Fault { Fault(message: "expected \(expected) at byte \(index)") }
}

extension [UInt8] {
    fileprivate subscript(safe index: Int) -> UInt8? { indices.contains(index) ? self[index] : nil }
}
