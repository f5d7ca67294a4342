import Bytes

/// Punycode of RFC 3492.
enum Punycode {
    private static let base: UInt32 = 36
    private static let smallest: UInt32 = 1
    private static let largest: UInt32 = 26
    private static let firstBias: UInt32 = 72
    private static let firstPoint: UInt32 = 0x80

    /// Writes the code points that `text` encodes and answers their number; nil when it encodes none, or more than there is room.
    static func decode(_ text: ByteView, into points: UnsafeMutableBufferPointer<UInt32>) -> Int? {
        let delimiter = text.lastIndex(of: UInt8(ascii: "-"))
        var count = 0
        for index in 0..<(delimiter ?? 0) {
            guard count < points.count else { return nil }
            points[count] = UInt32(ASCII.lowercased(text[index]))
            count &+= 1
        }
        var at = delimiter.map { $0 &+ 1 } ?? 0
        var point = firstPoint
        var bias = firstBias
        var place: UInt32 = 0
        while at < text.count {
            let former = place
            var weight: UInt32 = 1
            var step = base
            while true {
                guard at < text.count, let digit = digit(text[at]) else { return nil }
                at &+= 1
                let (product, overflow) = digit.multipliedReportingOverflow(by: weight)
                let (sum, overflowOfSum) = place.addingReportingOverflow(product)
                if overflow || overflowOfSum { return nil }
                place = sum
                let threshold = threshold(step, bias)
                if digit < threshold { break }
                let (heavier, tooHeavy) = weight.multipliedReportingOverflow(by: base - threshold)
                if tooHeavy { return nil }
                weight = heavier
                step &+= base
            }
            guard count < points.count else { return nil }
            let length = UInt32(truncatingIfNeeded: count) + 1
            bias = adapted(place - former, length, isFirst: former == 0)
            let (next, overflow) = point.addingReportingOverflow(place / length)
            guard !overflow, next <= 0x10FFFF, next & 0xFFFF_F800 != 0xD800 else { return nil }
            point = next
            place %= length
            var index = count
            while index > Int(place) {
                points[index] = points[index &- 1]
                index &-= 1
            }
            points[Int(place)] = point
            count &+= 1
            place &+= 1
        }
        return count
    }

    /// Whether the code points are encoded as exactly `text`, in either case.
    static func encodes(_ points: UnsafeMutableBufferPointer<UInt32>, _ count: Int, as text: ByteView) -> Bool {
        var at = 0
        let isEncoded = encode(points, count) { byte in
            guard at < text.count, ASCII.lowercased(text[at]) == byte else { return false }
            at &+= 1
            return true
        }
        return isEncoded && at == text.count
    }

    /// The number of bytes that encode the code points, or nil when they are too many to encode.
    static func encodedLength(_ points: UnsafeMutableBufferPointer<UInt32>, _ count: Int) -> Int? {
        var length = 0
        let isEncoded = encode(points, count) { _ in
            length &+= 1
            return true
        }
        return isEncoded ? length : nil
    }

    /// Hands every byte of the encoding to `emit`; false when `emit` says so or a number overflows.
    private static func encode(_ points: UnsafeMutableBufferPointer<UInt32>, _ count: Int, _ emit: (UInt8) -> Bool) -> Bool {
        var handled: UInt32 = 0
        for index in 0..<count where points[index] < 0x80 {
            guard emit(ASCII.lowercased(UInt8(truncatingIfNeeded: points[index]))) else { return false }
            handled &+= 1
        }
        let basic = handled
        if basic > 0, !emit(UInt8(ascii: "-")) { return false }
        var point = firstPoint
        var delta: UInt32 = 0
        var bias = firstBias
        while Int(handled) < count {
            var next = UInt32.max
            for index in 0..<count where points[index] >= point { next = min(next, points[index]) }
            let (rise, overflow) = (next - point).multipliedReportingOverflow(by: handled + 1)
            let (sum, overflowOfSum) = delta.addingReportingOverflow(rise)
            if overflow || overflowOfSum { return false }
            delta = sum
            point = next
            for index in 0..<count {
                if points[index] < point { delta &+= 1 }
                guard points[index] == point else { continue }
                guard emitNumber(delta, bias, emit) else { return false }
                bias = adapted(delta, handled + 1, isFirst: handled == basic)
                delta = 0
                handled &+= 1
            }
            delta &+= 1
            point &+= 1
        }
        return true
    }

    private static func emitNumber(_ number: UInt32, _ bias: UInt32, _ emit: (UInt8) -> Bool) -> Bool {
        var rest = number
        var step = base
        while true {
            let threshold = threshold(step, bias)
            if rest < threshold { return emit(letter(rest)) }
            guard emit(letter(threshold + (rest - threshold) % (base - threshold))) else { return false }
            rest = (rest - threshold) / (base - threshold)
            step &+= base
        }
    }

    private static func threshold(_ step: UInt32, _ bias: UInt32) -> UInt32 {
        step <= bias ? smallest : min(step - bias, largest)
    }

    private static func adapted(_ delta: UInt32, _ length: UInt32, isFirst: Bool) -> UInt32 {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / length
        var step: UInt32 = 0
        while delta > (base - smallest) * largest / 2 {
            delta /= base - smallest
            step += base
        }
        return step + (base - smallest + 1) * delta / (delta + 38)
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        if ASCII.isDigit(byte) { return UInt32(byte) - 48 + 26 }
        return ASCII.isLetter(byte) ? UInt32(byte | 0x20) - 97 : nil
    }

    private static func letter(_ digit: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: digit < 26 ? digit + 97 : digit - 26 + 48)
    }
}
