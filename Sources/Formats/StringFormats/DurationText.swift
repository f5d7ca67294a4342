import Bytes

/// Durations of RFC 3339 appendix A.
enum DurationText {
    static func isDuration(_ text: ByteView) -> Bool {
        var scanner = Scanner(text)
        guard scanner.take(UInt8(ascii: "P")) else { return false }
        if scanner.take(UInt8(ascii: "T")) { return takeRun(&scanner, "HMS") && scanner.isAtEnd }
        var weeks = scanner
        if weeks.takeDigits() > 0, weeks.take(UInt8(ascii: "W")) { return weeks.isAtEnd }
        guard takeRun(&scanner, "YMD") else { return false }
        return scanner.isAtEnd || scanner.take(UInt8(ascii: "T")) && takeRun(&scanner, "HMS") && scanner.isAtEnd
    }

    /// One number or more, each with its unit; the units follow each other without a gap.
    private static func takeRun(_ scanner: inout Scanner, _ units: StaticString) -> Bool {
        let units = ByteView(units)
        var next: Int?
        while let byte = scanner.peek, ASCII.isDigit(byte) {
            _ = scanner.takeDigits()
            guard let unit = scanner.peek, let place = units.firstIndex(of: unit), next == nil || place == next else {
                return false
            }
            _ = scanner.take(unit)
            next = place &+ 1
        }
        return next != nil
    }
}
