import Patterns

/// The rule of RFC 5893 section 2 on one label.
struct BidiRule {
    let hasRightToLeft: Bool
    let isObeyed: Bool

    private enum Class { case left, right, arabicNumber, europeanNumber, nonspacing, neutral, other }

    init(_ points: UnsafeMutableBufferPointer<UInt32>, _ count: Int) {
        var seen = (left: false, right: false, arabic: false, european: false, other: false)
        var last = Class.neutral
        for index in 0..<count {
            let kind = Self.classOf(points[index])
            switch kind {
            case .left: seen.left = true
            case .right: seen.right = true
            case .arabicNumber: seen.arabic = true
            case .europeanNumber: seen.european = true
            case .nonspacing, .neutral: break
            case .other: seen.other = true
            }
            if kind != .nonspacing { last = kind }
        }
        hasRightToLeft = seen.right || seen.arabic
        switch Self.classOf(points[0]) {
        case .right:
            isObeyed =
                !seen.left && !seen.other && !(seen.arabic && seen.european)
                && (last == .right || last == .arabicNumber || last == .europeanNumber)
        case .left: isObeyed = !hasRightToLeft && !seen.other && (last == .left || last == .europeanNumber)
        default: isObeyed = false
        }
    }

    private static func classOf(_ point: UInt32) -> Class {
        if point < 0x80 {
            let letter = point | 0x20
            if letter >= 0x61 && letter <= 0x7A { return .left }
            return point >= 0x30 && point <= 0x39 ? .europeanNumber : .neutral
        }
        if IDNATables.leftToRight.contains(point) { return .left }
        if IDNATables.rightToLeft.contains(point) { return .right }
        if IDNATables.nonspacing.contains(point) { return .nonspacing }
        if IDNATables.arabicNumbers.contains(point) { return .arabicNumber }
        if IDNATables.europeanNumbers.contains(point) { return .europeanNumber }
        return IDNATables.neutral.contains(point) ? .neutral : .other
    }
}
