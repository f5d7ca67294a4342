import Bytes

/// Dates and times of RFC 3339 section 5.6.
enum DateText {
    /// `full-date` in the first ten bytes.
    static func isDate(_ text: ByteView) -> Bool {
        guard text.count >= 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-") else { return false }
        guard let century = pair(text, 0), let years = pair(text, 2), let month = pair(text, 5), let day = pair(text, 8) else {
            return false
        }
        return (1...12).contains(month) && day >= 1 && day <= days(in: month, of: century * 100 + years)
    }

    /// `date-time`: a date, `T`, a time with optional fraction, and an offset or `Z`.
    static func isDateTime(_ text: ByteView) -> Bool {
        guard text.count >= 20, isDate(text), text[10] | 0x20 == UInt8(ascii: "t") else { return false }
        guard text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":") else { return false }
        guard let hour = pair(text, 11), let minute = pair(text, 14), let second = pair(text, 17) else { return false }
        guard hour <= 23, minute <= 59, second <= 60 else { return false }
        var at = 19
        if text[at] == UInt8(ascii: ".") {
            let start = at &+ 1
            at = start
            while at < text.count, ASCII.isDigit(text[at]) { at &+= 1 }
            if at == start { return false }
        }
        guard let offset = offsetMinutes(text[at, text.count]) else { return false }
        // A leap second is the last of a day in UTC.
        let utc = ((hour * 60 + minute - offset) % 1440 + 1440) % 1440
        return second < 60 || utc == 1439
    }

    /// Minutes east of UTC of `Z` or `+hh:mm`, or nil.
    private static func offsetMinutes(_ text: ByteView) -> Int? {
        if text.count == 1 { return text[0] | 0x20 == UInt8(ascii: "z") ? 0 : nil }
        guard text.count == 6, text[3] == UInt8(ascii: ":"), let hours = pair(text, 1), let minutes = pair(text, 4) else {
            return nil
        }
        guard hours <= 23, minutes <= 59 else { return nil }
        switch text[0] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func pair(_ text: ByteView, _ at: Int) -> Int? {
        guard ASCII.isDigit(text[at]), ASCII.isDigit(text[at &+ 1]) else { return nil }
        return Int(text[at] &- 48) * 10 + Int(text[at &+ 1] &- 48)
    }
}
