import Bytes
import Patterns

/// What is known of a label that is valid on its own.
struct HostLabel {
    /// Bytes of its ASCII form.
    let byteCount: Int
    /// Whether it has a letter or digit that runs from right to left.
    let hasRightToLeft: Bool
    /// Whether it obeys the rule for names that have one.
    let obeysBidi: Bool

    private static let prefix: StaticString = "xn--"

    /// The facts of a label, or nil when it is none.
    static func check(_ text: ByteView) -> HostLabel? {
        guard !text.isEmpty, text.count <= 4 * HostText.mostLabelBytes else { return nil }
        // The rule of IDNA is about code points, and none of its labels has more than its ASCII form has bytes.
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: HostText.mostLabelBytes) { points in
            text.allBytes { $0 < 0x80 } ? checkASCII(text, points) : checkUnicode(text, points)
        }
    }

    private static func checkASCII(_ text: ByteView, _ points: UnsafeMutableBufferPointer<UInt32>) -> HostLabel? {
        guard text.count <= HostText.mostLabelBytes, text[0] != UInt8(ascii: "-"), text[text.count &- 1] != UInt8(ascii: "-"),
            text.allBytes({ ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == UInt8(ascii: "-") })
        else { return nil }
        var count = text.count
        if text.count >= 4, text[0, 4].equalsIgnoringCase(prefix) {
            let encoded = text[4, text.count]
            guard let decoded = Punycode.decode(encoded, into: points), isUnicodeLabel(points, decoded),
                Punycode.encodes(points, decoded, as: encoded)
            else { return nil }
            count = decoded
        } else {
            for index in 0..<count { points[index] = UInt32(ASCII.lowercased(text[index])) }
        }
        return HostLabel(byteCount: text.count, points, count)
    }

    private static func checkUnicode(_ text: ByteView, _ points: UnsafeMutableBufferPointer<UInt32>) -> HostLabel? {
        var count = 0
        var scanner = Scanner(text)
        while let point = scanner.takePoint() {
            guard count < points.count else { return nil }
            points[count] = point
            count &+= 1
        }
        guard isUnicodeLabel(points, count), let length = Punycode.encodedLength(points, count),
            length &+ 4 <= HostText.mostLabelBytes
        else { return nil }
        return HostLabel(byteCount: length &+ 4, points, count)
    }

    private init(byteCount: Int, _ points: UnsafeMutableBufferPointer<UInt32>, _ count: Int) {
        self.byteCount = byteCount
        let bidi = BidiRule(points, count)
        hasRightToLeft = bidi.hasRightToLeft
        obeysBidi = bidi.isObeyed
    }

    /// RFC 5891 section 4.2 without its demand for normalization form C, which would need tables of its own.
    private static func isUnicodeLabel(_ points: UnsafeMutableBufferPointer<UInt32>, _ count: Int) -> Bool {
        guard count > 0, points[0] != 0x2D, points[count &- 1] != 0x2D, !(count >= 4 && points[2] == 0x2D && points[3] == 0x2D),
            !IDNATables.marks.contains(points[0])
        else { return false }
        var hasUnicode = false
        for index in 0..<count {
            let point = points[index]
            hasUnicode = hasUnicode || point >= 0x80
            guard ContextRule.holds(points, count, at: index) ?? IDNATables.valid.contains(point) else { return false }
        }
        return hasUnicode
    }
}
