public import Bytes

/// Writes records as JSON, an object on one line each. Keeps the second it wrote last: most records of a batch are of the same.
public struct AuditJSON {
    /// Bytes from the start of a record's JSON to the text of the id, which has 36.
    public static let idOffset = 7

    private var second = Int64.min
    private var milliseconds = 0
    private let secondText = ByteWriter(capacity: 64)

    public init() {}

    /// Appends the JSON of a record that `AuditRecord.read` has found to be one.
    ///
    /// Answers where in `out` the tenant stands, as it is written in JSON and without quotes; empty for callers that are not known.
    @discardableResult
    public mutating func append(_ record: ByteView, to out: ByteWriter) -> ByteRange {
        keepSecond(of: Int64(bitPattern: record.load8(at: 40)))
        let start = out.count
        var tenant = ByteRange.empty
        out.append(room: Self.maximumBytes) { memory in
            var text = JSONCursor(memory, record)
            text.put("{\"id\":\"")
            text.advance(TimedID(high: record.load8(at: 24), low: record.load8(at: 32)).write(to: text.place))
            text.put("\",\"type\":\"audit.api.called\",\"timestamp\":\"")
            text.put(secondText.view)
            text.put(".")
            text.put(milliseconds: milliseconds)
            text.put("Z\",\"tenantId\":")
            tenant = text.putNext()
            text.put(",\"userId\":")
            _ = text.putNext()
            text.put(",\"method\":")
            _ = text.putNext()
            text.put(",\"route\":")
            _ = text.putNext()
            text.put(",\"path\":")
            _ = text.putNext()
            text.put(",\"status\":")
            text.put(decimal: UInt64(UInt16(truncatingIfNeeded: record.load8(at: 0) >> 48)))
            text.put(",\"durationMs\":")
            text.put(decimal: record.load8(at: 64) & 0xffff_ffff)
            text.put(",\"clientAddress\":")
            _ = text.putNext()
            text.put(",\"userAgent\":")
            _ = text.putNext()
            text.put(",\"requestId\":")
            _ = text.putNext()
            text.put(",\"traceId\":\"")
            text.put(hex: record.load8(at: 48))
            text.put(hex: record.load8(at: 56))
            text.put("\",\"module\":")
            _ = text.putNext()
            text.put(",\"service\":")
            _ = text.putNext()
            text.put(",\"problem\":")
            _ = text.putNext()
            text.put(",\"attempts\":")
            text.put(decimal: UInt64(record[5]))
            if record[70] != 1 { text.put(",\"incomplete\":true") }
            let cut = AuditRecord.cutTexts(record)
            if cut != 0 { Self.put(cut: cut, to: &text) }
            text.put("}")
            return text.count
        }
        return ByteRange(start + tenant.start, start + tenant.end)
    }

    /// The most that a record becomes: each byte of a text may be written as six.
    static let maximumBytes = 6 * AuditRecord.maximumBytes + 1024

    private static func put(cut: UInt16, to text: inout JSONCursor) {
        text.put(",\"truncated\":")
        var separator: StaticString = "[\""
        for index in 0..<AuditRecord.textCount where cut & 1 << UInt16(index) != 0 {
            text.put(separator)
            text.put(AuditRecord.name(of: index))
            separator = "\",\""
        }
        text.put("\"]")
    }

    /// Appends a point in time, in milliseconds since 1970, as RFC 3339 writes it in UTC: 24 characters.
    public mutating func append(timestamp: Int64, to out: ByteWriter) {
        keepSecond(of: timestamp)
        out.append(secondText.view)
        out.append(".")
        Timestamp.pad(Int64(milliseconds), 3, to: out)
        out.append("Z")
    }

    private mutating func keepSecond(of timestamp: Int64) {
        let (current, rest) = Timestamp.clamped(timestamp).floorDivided(by: 1000)
        milliseconds = Int(rest)
        guard current != second else { return }
        second = current
        secondText.removeAll()
        Timestamp.append(seconds: current, to: secondText)
    }
}

/// Points in time as RFC 3339 writes them, in UTC.
enum Timestamp {
    /// What four digits of a year can say.
    static func clamped(_ milliseconds: Int64) -> Int64 { min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999) }

    /// Appends 19 characters, down to the second.
    static func append(seconds: Int64, to out: ByteWriter) {
        let (days, rest) = seconds.floorDivided(by: 86_400)
        let (year, month, day) = civil(days)
        pad(year, 4, to: out)
        out.append("-")
        pad(month, 2, to: out)
        out.append("-")
        pad(day, 2, to: out)
        out.append("T")
        pad(rest / 3600, 2, to: out)
        out.append(":")
        pad(rest / 60 % 60, 2, to: out)
        out.append(":")
        pad(rest % 60, 2, to: out)
    }

    /// The date of a day counted from 1970-01-01, in the Gregorian calendar: years begin with March, so that leap days are last.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, ofEra) = (day + 719_468).floorDivided(by: 146_097)
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * ofYear + 2) / 153
        return (
            yearOfEra + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9,
            ofYear - (153 * month + 2) / 5 + 1
        )
    }

    static func pad(_ value: Int64, _ digits: Int, to out: ByteWriter) {
        let at = out.skip(digits)
        var rest = value
        for place in stride(from: digits - 1, through: 0, by: -1) {
            out.set(48 + UInt8(rest % 10), at: at + place)
            rest /= 10
        }
    }
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
