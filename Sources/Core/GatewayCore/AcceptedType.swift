import Bytes
import HTTP1
import HTTPSemantics

/// Chooses what an answer is written as by the request's `Accept` (RFC 9110 section 12.5.1).
enum AcceptedType {
    /// The known type with the highest weight, the first of several; `otherwise` without a field. Nil when it takes none that is known.
    ///
    /// - Parameter known: What a media range, such as `application/json` or `*/*`, stands for; nil for nothing.
    static func best<Kind>(of field: ByteView?, otherwise: Kind, _ known: (_ range: ByteView) -> Kind?) -> Kind? {
        guard let field, !field.isEmpty else { return otherwise }
        var best: Kind?
        var weight = 0
        var index = 0
        while index < field.count {
            let end = field.firstIndex(of: UInt8(ascii: ","), from: index) ?? field.count
            let range = field[index, end].trimmingBlanks
            if let kind = known(range.mediaType) {
                let found = Self.weight(of: range)
                if found > weight {
                    weight = found
                    best = kind
                }
            }
            index = end + 1
        }
        return best
    }

    /// The `q` parameter in thousandths; 1000 without one, 0 when it cannot be read.
    private static func weight(of range: ByteView) -> Int {
        var index = range.mediaType.count
        while let start = range.firstIndex(of: UInt8(ascii: ";"), from: index) {
            let end = range.firstIndex(of: UInt8(ascii: ";"), from: start + 1) ?? range.count
            let parameter = range[start + 1, end].trimmingBlanks
            if parameter.count > 2, parameter[0] | 0x20 == UInt8(ascii: "q"), parameter[1] == UInt8(ascii: "=") {
                return thousandths(parameter[2, parameter.count])
            }
            index = end
        }
        return 1000
    }

    private static func thousandths(_ text: ByteView) -> Int {
        guard text.count <= 5, text[0] == UInt8(ascii: "0") || text[0] == UInt8(ascii: "1") else { return 0 }
        var value = Int(text[0] - 48) * 1000
        var scale = 100
        for index in 1..<max(1, text.count) {
            if index == 1 {
                guard text[1] == UInt8(ascii: ".") else { return 0 }
                continue
            }
            guard ASCII.isDigit(text[index]) else { return 0 }
            value += Int(text[index] - 48) * scale
            scale /= 10
        }
        return min(value, 1000)
    }
}
