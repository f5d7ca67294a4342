import Bytes
import Patterns

/// Host names: RFC 1123 section 2.1, and the international ones of IDNA 2008 (RFC 5890 to 5893).
enum HostText {
    /// RFC 1035 section 2.3.4, without the length bytes of the wire form.
    private static let mostBytes = 253
    static let mostLabelBytes = 63

    /// Letters, digits and hyphens; labels that begin with `xn--` are held to what they decode to.
    static func isHostname(_ text: ByteView) -> Bool {
        guard text.count <= mostBytes else { return false }
        if let isPlain = arePlainLabels(text) { return isPlain }
        return text.allBytes { $0 < 0x80 } && isInternational(text, hasWideStops: false)
    }

    /// Whether all labels are of letters, digits and hyphens in the right places; nil when one has to be looked at more closely.
    private static func arePlainLabels(_ text: ByteView) -> Bool? {
        let (hyphen, stop) = (UInt8(ascii: "-"), UInt8(ascii: "."))
        var start = 0
        var last = stop
        var at = 0
        while at < text.count {
            let byte = text.base[at]
            if byte == stop {
                if last == stop || last == hyphen || at &- start > mostLabelBytes { return false }
                start = at &+ 1
            } else if byte == hyphen {
                // Those of `xn--`, or of a label that is none.
                if last == stop || last == hyphen { return nil }
            } else if !ASCII.isLetter(byte), !ASCII.isDigit(byte) {
                return nil
            }
            last = byte
            at &+= 1
        }
        return last != stop && last != hyphen && at &- start <= mostLabelBytes
    }

    /// The same with labels beyond ASCII; if `hasWideStops`, the full stops of RFC 3490 section 3.1 part labels too.
    static func isInternational(_ text: ByteView, hasWideStops: Bool = true) -> Bool {
        var bytes = -1
        var isBidirectional = false
        var obeysBidi = true
        var start = 0
        repeat {
            let (end, next) = labelEnd(text, start, hasWideStops)
            guard let label = HostLabel.check(text[start, end]) else { return false }
            bytes &+= label.byteCount &+ 1
            if bytes > mostBytes { return false }
            isBidirectional = isBidirectional || label.hasRightToLeft
            obeysBidi = obeysBidi && label.obeysBidi
            start = next
        } while start <= text.count
        // RFC 5893 section 2 holds all labels of a name to the rule when one of them needs it.
        return !isBidirectional || obeysBidi
    }

    /// Where the label that begins at `start` ends, and where the next one begins: past the text when there is none.
    private static func labelEnd(_ text: ByteView, _ start: Int, _ hasWideStops: Bool) -> (end: Int, next: Int) {
        var at = start
        while at < text.count {
            let (point, length) = CodePoints.next(text, at)
            if point == 0x2E || hasWideStops && (point == 0x3002 || point == 0xFF0E || point == 0xFF61) {
                return (at, at &+ length)
            }
            at &+= length
        }
        return (text.count, text.count &+ 1)
    }
}
