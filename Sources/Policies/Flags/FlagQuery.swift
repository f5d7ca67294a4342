import Bytes

/// A condition of a targeting rule in the words of GO Feature Flag: `tenantId eq "acme" and not (roles.guest pr)`.
///
/// `and` and `or` bind alike, from left to right. Texts are compared without regard to the case of ASCII letters, but in lists; names are not.
/// A comparison of a name that there is not, or of values of different types, is false; `eq null` is true for a name that there is not.
/// What the relay's own parser guesses at (a stray word, `not` without parentheses, escapes, versions, JSONLogic) is refused.
indirect enum FlagQuery: Sendable {
    enum Comparison: Sendable {
        case equal, notEqual, greater, greaterOrEqual, less, lessOrEqual, contains, begins, ends
    }

    enum Literal: Sendable {
        case null
        case bool(Bool)
        /// Compared with the whole part of a number.
        case integer(Int64)
        case double(Double)
        /// In lower case.
        case text([UInt8])
    }

    case compare(name: [UInt8], Comparison, Literal)
    case oneOf(name: [UInt8], texts: [[UInt8]], numbers: [Double])
    case present(name: [UInt8])
    case both(FlagQuery, FlagQuery)
    case either(FlagQuery, FlagQuery)
    case not(FlagQuery)

    func holds(_ subject: some FlagSubject) -> Bool {
        switch self {
        case .compare(let name, let comparison, let literal):
            literal.holds(comparison, name.withByteView { subject.operand($0) })
        case .oneOf(let name, let texts, let numbers):
            switch name.withByteView({ subject.operand($0) }) {
            case .text(let text): texts.contains { $0.withByteView { $0 == text } }
            case .number(let number): numbers.contains(number)
            default: false
            }
        case .present(let name): name.withByteView { subject.operand($0) } != nil
        case .both(let left, let right): left.holds(subject) && right.holds(subject)
        case .either(let left, let right): left.holds(subject) || right.holds(subject)
        case .not(let inner): !inner.holds(subject)
        }
    }
}

extension FlagQuery.Literal {
    fileprivate func holds(_ comparison: FlagQuery.Comparison, _ operand: FlagOperand?) -> Bool {
        if case .null = self {
            switch comparison {
            case .equal: return operand == nil
            case .notEqual: return operand != nil
            default: return false
            }
        }
        switch (self, operand) {
        case (.bool(let own), .bool(let value)):
            switch comparison {
            case .equal: return own == value
            case .notEqual: return own != value
            default: return false
            }
        case (.integer(let own), .number(let value)):
            guard let whole = Int64(exactly: value.rounded(.towardZero)) else { return false }
            return Self.holds(comparison, whole, own)
        case (.double(let own), .number(let value)): return Self.holds(comparison, value, own)
        case (.text(let own), .text(let value)): return own.withByteView { Self.holds(comparison, value, $0) }
        default: return false
        }
    }

    private static func holds<Value: Comparable>(_ comparison: FlagQuery.Comparison, _ value: Value, _ own: Value) -> Bool {
        switch comparison {
        case .equal: value == own
        case .notEqual: value != own
        case .greater: value > own
        case .greaterOrEqual: value >= own
        case .less: value < own
        case .lessOrEqual: value <= own
        case .contains, .begins, .ends: false
        }
    }

    /// - Parameter own: in lower case.
    private static func holds(_ comparison: FlagQuery.Comparison, _ value: ByteView, _ own: ByteView) -> Bool {
        func isAt(_ start: Int) -> Bool {
            start >= 0 && start + own.count <= value.count && order(value[start, start + own.count], own) == 0
        }
        switch comparison {
        case .equal: return order(value, own) == 0
        case .notEqual: return order(value, own) != 0
        case .greater: return order(value, own) > 0
        case .greaterOrEqual: return order(value, own) >= 0
        case .less: return order(value, own) < 0
        case .lessOrEqual: return order(value, own) <= 0
        case .contains: return (0...max(0, value.count - own.count)).contains { isAt($0) }
        case .begins: return isAt(0)
        case .ends: return isAt(value.count - own.count)
        }
    }

    /// Negative, zero or positive, as `value` stands before, at or behind `own`, which is in lower case.
    private static func order(_ value: ByteView, _ own: ByteView) -> Int {
        let common = min(value.count, own.count)
        for index in 0..<common {
            let byte = FlagQuery.lowercased(value[index])
            if byte != own[index] { return byte < own[index] ? -1 : 1 }
        }
        return value.count - own.count
    }
}

extension FlagQuery {
    static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }
}
