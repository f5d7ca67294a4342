import Bytes

/// The text forms of `google.protobuf.Timestamp` and `google.protobuf.Duration`.
enum TimeText {
    /// Ten thousand years of seconds, the range of a protobuf Duration.
    static let durationSeconds: ClosedRange<Int64> = -315_576_000_000...315_576_000_000

    /// An RFC 3339 date-time with capital `T` and `Z`, zero to nine decimals and no leap second; nil otherwise.
    static func timestamp(_ text: ByteView) -> (seconds: Int64, nanos: Int32)? {
        var scanner = Scanner(text)
        guard let year = scanner.number(4), year >= 1, scanner.take("-"), let month = scanner.number(2), (1...12).contains(month),
            scanner.take("-"), let day = scanner.number(2), day >= 1,
            day <= CalendarDate.dayCount(year: year, month: month), scanner.take("T"),
            let hour = scanner.number(2), hour < 24, scanner.take(":"), let minute = scanner.number(2), minute < 60,
            scanner.take(":"), let second = scanner.number(2), second < 60, let nanos = scanner.fraction(),
            let offset = scanner.offset(), scanner.isAtEnd
        else { return nil }
        let days = CalendarDate.days(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        return CalendarDate.seconds.contains(seconds) ? (seconds, nanos) : nil
    }

    /// Seconds with up to nine decimals and the suffix `s`; nil otherwise.
    static func duration(_ text: ByteView) -> (seconds: Int64, nanos: Int32)? {
        var scanner = Scanner(text)
        let isNegative = scanner.take("-")
        guard let seconds = scanner.number(1...12), let nanos = scanner.fraction(), scanner.take("s"), scanner.isAtEnd else {
            return nil
        }
        let signed = (isNegative ? -seconds : seconds, isNegative ? -nanos : nanos)
        return isDuration(signed.0, signed.1) ? signed : nil
    }

    /// Whether both parts are in range and of one sign.
    static func isDuration(_ seconds: Int64, _ nanos: Int32) -> Bool {
        guard durationSeconds.contains(seconds), nanos > -1_000_000_000, nanos < 1_000_000_000 else { return false }
        if abs(seconds) == durationSeconds.upperBound && nanos != 0 { return false }
        return !(seconds > 0 && nanos < 0) && !(seconds < 0 && nanos > 0)
    }

    static func isTimestamp(_ seconds: Int64, _ nanos: Int32) -> Bool {
        CalendarDate.seconds.contains(seconds) && nanos >= 0 && nanos < 1_000_000_000
    }

    private struct Scanner {
        let text: ByteView
        var at = 0

        init(_ text: ByteView) { self.text = text }

        var isAtEnd: Bool { at == text.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard at < text.count, text[at] == UInt8(truncatingIfNeeded: character.value) else { return false }
            at &+= 1
            return true
        }

        mutating func number(_ digits: Int) -> Int64? {
            let start = at
            guard let value = number(digits...digits), at == start &+ digits else { return nil }
            return value
        }

        /// As many digits as there are, when their count is in range.
        mutating func number(_ digits: ClosedRange<Int>) -> Int64? {
            var value: Int64 = 0
            var count = 0
            while count < digits.upperBound, at < text.count, ASCII.isDigit(text[at]) {
                value = value &* 10 &+ Int64(text[at] &- 48)
                at &+= 1
                count &+= 1
            }
            return count >= digits.lowerBound ? value : nil
        }

        mutating func fraction() -> Int32? {
            guard take(".") else { return 0 }
            let start = at
            guard var value = number(1...9) else { return nil }
            for _ in (at - start)..<9 { value *= 10 }
            return Int32(truncatingIfNeeded: value)
        }

        /// Seconds east of UTC.
        mutating func offset() -> Int64? {
            if take("Z") { return 0 }
            let isWest = take("-")
            guard isWest || take("+"), let hours = number(2), hours < 24, take(":"), let minutes = number(2), minutes < 60 else {
                return nil
            }
            let seconds = hours * 3600 + minutes * 60
            return isWest ? -seconds : seconds
        }
    }
}

extension ByteWriter {
    /// Appends an RFC 3339 date-time in UTC; the parts must be a Timestamp's.
    func append(timestamp seconds: Int64, _ nanos: Int32) {
        let second = Self.floorMod(seconds, 86_400)
        let date = CalendarDate.date(days: (seconds - second) / 86_400)
        append(padded: date.year, 4)
        append(UInt8(ascii: "-"))
        append(padded: date.month, 2)
        append(UInt8(ascii: "-"))
        append(padded: date.day, 2)
        append(UInt8(ascii: "T"))
        append(padded: second / 3600, 2)
        append(UInt8(ascii: ":"))
        append(padded: second / 60 % 60, 2)
        append(UInt8(ascii: ":"))
        append(padded: second % 60, 2)
        append(fraction: nanos)
        append(UInt8(ascii: "Z"))
    }

    /// Appends seconds with the suffix `s`; the parts must be a Duration's.
    func append(duration seconds: Int64, _ nanos: Int32) {
        if seconds < 0 || nanos < 0 { append(UInt8(ascii: "-")) }
        append(decimal: seconds.magnitude)
        append(fraction: abs(nanos))
        append(UInt8(ascii: "s"))
    }

    /// No decimals, or three, six or nine of them.
    private func append(fraction nanos: Int32) {
        guard nanos != 0 else { return }
        append(UInt8(ascii: "."))
        if nanos % 1_000_000 == 0 {
            append(padded: Int64(nanos / 1_000_000), 3)
        } else if nanos % 1000 == 0 {
            append(padded: Int64(nanos / 1000), 6)
        } else {
            append(padded: Int64(nanos), 9)
        }
    }

    private func append(padded value: Int64, _ digits: Int) {
        let start = skip(digits)
        var rest = value
        var index = digits
        while index > 0 {
            index &-= 1
            set(UInt8(truncatingIfNeeded: rest % 10) &+ 48, at: start &+ index)
            rest /= 10
        }
    }

    private static func floorMod(_ value: Int64, _ divisor: Int64) -> Int64 {
        let rest = value % divisor
        return rest < 0 ? rest + divisor : rest
    }
}
