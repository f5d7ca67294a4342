extension PatternParser {
    /// What follows a backslash outside of a class.
    mutating func atomEscape(start: Int) throws(PatternError) -> PatternNode {
        guard let next = peek else { throw error("a backslash at the end", at: start) }
        if ("1"..."9").contains(next), let number = decimal() {
            references.append((number, start))
            return .backreference(number)
        }
        if next == "k" {
            at += 1
            guard take("<") else { throw error("'\\k' needs the name of a group: '\\k<name>'", at: start) }
            namedReferences.append((try groupName(), start))
            return .backreference(-namedReferences.count)
        }
        if let set = try classEscape(start: start) { return .set(try admitted(set, start)) }
        return .set(CodePointSet(try characterEscape(start: start, inClass: false)))
    }

    /// `\d \D \s \S \w \W \p{...} \P{...}` after the backslash, or nil when it is none of these.
    mutating func classEscape(start: Int) throws(PatternError) -> CodePointSet? {
        switch peek {
        case "d": at += 1; return .digits
        case "D": at += 1; return CodePointSet.digits.inverted
        case "s": at += 1; return .space
        case "S": at += 1; return CodePointSet.space.inverted
        case "w": at += 1; return .word
        case "W": at += 1; return CodePointSet.word.inverted
        case "p": at += 1; return try property(start: start)
        case "P": at += 1; return try property(start: start).inverted
        default: return nil
        }
    }

    private mutating func property(start: Int) throws(PatternError) -> CodePointSet {
        guard take("{") else { throw error("'\\p' needs a property in braces", at: start) }
        var text = ""
        while let next = peek, next != "}" {
            // The longest name of Unicode has 34 letters; a value comes after it.
            guard text.utf8.count < 80,
                next == "_" || next == "=" || (next.isASCII && next.properties.isAlphabetic) || ("0"..."9").contains(next)
            else { throw error("'\\p{\(text)...}' is no property", .unknownProperty, at: start) }
            text.unicodeScalars.append(next)
            at += 1
        }
        guard take("}") else { throw error("'\\p{' without its closing brace", at: start) }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.first, let set = UnicodeSets.property(name: name, value: parts.count == 2 ? parts[1] : nil) else {
            throw error(
                "'\\p{\(text)}' is no property of ECMA-262 and Unicode \(UnicodeSets.version)", .unknownProperty, at: start)
        }
        return set
    }

    /// An escape that stands for one code point.
    mutating func characterEscape(start: Int, inClass: Bool) throws(PatternError) -> UInt32 {
        guard let next = take() else { throw error("a backslash at the end", at: start) }
        switch next {
        case "f": return 0x0C
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "v": return 0x0B
        case "b" where inClass: return 0x08
        case "-" where inClass: return next.value
        case "c":
            guard let letter = take(), ("a"..."z").contains(letter) || ("A"..."Z").contains(letter) else {
                throw error("'\\c' needs a letter", at: start)
            }
            return letter.value & 31
        case "0":
            if let digit = peek, ("0"..."9").contains(digit) { throw error("octal escapes are not in ECMA-262", at: start) }
            return 0
        case "x": return try hexadecimal(digits: 2, start)
        case "u": return try unicodeEscape(start)
        case "^", "$", "\\", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "/": return next.value
        default: throw error("ECMA-262 has no escape '\\\(next)'", at: start)
        }
    }

    /// After `\u`: four digits, two such escapes that are a surrogate pair, or any number in braces.
    private mutating func unicodeEscape(_ start: Int) throws(PatternError) -> UInt32 {
        if take("{") {
            var value: UInt32?
            while let next = peek, let digit = next.hexadecimalValue {
                at += 1
                value = (value ?? 0) << 4 | digit
                if let value, value > CodePointSet.last { throw error("code points end at 10FFFF", at: start) }
            }
            guard let value, take("}") else { throw error("'\\u{' needs hexadecimal digits and a closing brace", at: start) }
            return value
        }
        let lead = try hexadecimal(digits: 4, start)
        guard lead & 0xFC00 == 0xD800, at + 1 < scalars.count, scalars[at] == "\\", scalars[at + 1] == "u" else { return lead }
        let behind = at
        at += 2
        if let trail = fourDigits(), trail & 0xFC00 == 0xDC00 { return 0x10000 + (lead & 0x3FF) << 10 + trail & 0x3FF }
        at = behind
        return lead
    }

    private mutating func fourDigits() -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = take()?.hexadecimalValue else { return nil }
            value = value << 4 | digit
        }
        return value
    }

    private mutating func hexadecimal(digits: Int, _ start: Int) throws(PatternError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = take()?.hexadecimalValue else {
                throw error("an escape with fewer than \(digits) hexadecimal digits", at: start)
            }
            value = value << 4 | digit
        }
        return value
    }

    /// The name of a group up to and with its closing bracket.
    mutating func groupName() throws(PatternError) -> String {
        let start = at
        var name = ""
        while !take(">") {
            guard let next = take() else { throw error("the name of a group without its closing '>'", at: start) }
            var value = next.value
            if next == "\\" {
                guard take("u") else { throw error("the name of a group has only escapes of the form '\\u'", at: start) }
                value = try unicodeEscape(start)
            }
            guard let scalar = Unicode.Scalar(value), isNamePart(scalar, first: name.isEmpty) else {
                throw error("a group's name is letters, digits, '$' and '_', a digit not first", at: start)
            }
            name.unicodeScalars.append(scalar)
        }
        guard !name.isEmpty else { throw error("a group's name is empty", at: start) }
        return name
    }

    private func isNamePart(_ scalar: Unicode.Scalar, first: Bool) -> Bool {
        if scalar == "$" || scalar == "_" { return true }
        return first
            ? scalar.properties.isIDStart : scalar.properties.isIDContinue || scalar.value == 0x200C || scalar.value == 0x200D
    }
}

extension Unicode.Scalar {
    fileprivate var hexadecimalValue: UInt32? {
        switch self {
        case "0"..."9": value - 0x30
        case "a"..."f": value - 0x57
        case "A"..."F": value - 0x37
        default: nil
        }
    }
}
