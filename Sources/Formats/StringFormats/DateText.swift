import Bytes

/// Dates and times of RFC 3339 section 5.6.
enum DateText {
    /// `full-date`.
    static func isDate(_ text: ByteView) -> Bool {
        var scanner = Scanner(text)
        return takeDate(&scanner) && scanner.isAtEnd
    }

    /// `full-time`.
    static func isTime(_ text: ByteView) -> Bool {
        var scanner = Scanner(text)
        return takeFullTime(&scanner) && scanner.isAtEnd
    }

    /// `date-time`: a date, `T`, a time with optional fraction, and an offset or `Z`.
    static func isDateTime(_ text: ByteView) -> Bool {
        var scanner = Scanner(text)
        return takeDate(&scanner) && scanner.takeLetter(UInt8(ascii: "t")) && takeFullTime(&scanner) && scanner.isAtEnd
    }

    /// `partial-time`: a time without offset.
    static func isLocalTime(_ text: ByteView) -> Bool {
        var scanner = Scanner(text)
        return takeTime(&scanner) != nil && scanner.isAtEnd
    }

    /// A date and a time without offset.
    static func isLocalDateTime(_ text: ByteView) -> Bool {
        var scanner = Scanner(text)
        return takeDate(&scanner) && scanner.takeLetter(UInt8(ascii: "t")) && takeTime(&scanner) != nil && scanner.isAtEnd
    }

    private static func takeDate(_ scanner: inout Scanner) -> Bool {
        guard let year = scanner.takeNumber(digits: 4), scanner.take(UInt8(ascii: "-")),
            let month = scanner.takeNumber(digits: 2), scanner.take(UInt8(ascii: "-")),
            let day = scanner.takeNumber(digits: 2)
        else { return false }
        return (1...12).contains(month) && day >= 1 && day <= days(in: month, of: year)
    }

    private static func takeFullTime(_ scanner: inout Scanner) -> Bool {
        guard let time = takeTime(&scanner), let offset = takeOffset(&scanner) else { return false }
        // A leap second is the last of a day in UTC.
        let utc = ((time.minutes - offset) % 1440 + 1440) % 1440
        return !time.isLeap || utc == 1439
    }

    /// Minutes since midnight, and whether the second is the sixtieth.
    private static func takeTime(_ scanner: inout Scanner) -> (minutes: Int, isLeap: Bool)? {
        guard let hour = scanner.takeNumber(digits: 2), scanner.take(UInt8(ascii: ":")),
            let minute = scanner.takeNumber(digits: 2), scanner.take(UInt8(ascii: ":")),
            let second = scanner.takeNumber(digits: 2), hour <= 23, minute <= 59, second <= 60
        else { return nil }
        if scanner.take(UInt8(ascii: ".")), scanner.takeDigits() == 0 { return nil }
        return (hour * 60 + minute, second == 60)
    }

    /// Minutes east of UTC of `Z` or `+hh:mm`, or nil.
    private static func takeOffset(_ scanner: inout Scanner) -> Int? {
        if scanner.takeLetter(UInt8(ascii: "z")) { return 0 }
        let isWest = scanner.take(UInt8(ascii: "-"))
        guard isWest || scanner.take(UInt8(ascii: "+")) else { return nil }
        guard let hours = scanner.takeNumber(digits: 2), scanner.take(UInt8(ascii: ":")),
            let minutes = scanner.takeNumber(digits: 2), hours <= 23, minutes <= 59
        else { return nil }
        return isWest ? -(hours * 60 + minutes) : hours * 60 + minutes
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
