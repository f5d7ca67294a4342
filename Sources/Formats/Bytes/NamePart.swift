/// One part of a dotted name such as `{module}.contacts.read`: fixed, or the value of a path parameter.
public enum NamePart: Sendable, Hashable {
    case literal([UInt8])
    /// The number of the path parameter whose value it is.
    case capture(Int)

    /// Why a text is no part.
    public enum Fault: Error {
        /// Neither a parameter in braces nor what `isValid` asks for.
        case invalid
        /// A parameter that the path does not have.
        case unknownParameter
    }

    /// Longest part.
    public static let mostBytes = 64

    /// Reads a part; `parameters` are the names of the path's parameters in order.
    public init(_ piece: Substring, parameters: [String]) throws(Fault) {
        if piece.hasPrefix("{"), piece.hasSuffix("}") {
            guard let index = parameters.firstIndex(of: String(piece.dropFirst().dropLast())) else { throw .unknownParameter }
            self = .capture(index)
        } else {
            let piece = String(piece)
            guard Self.isValid(piece) else { throw .invalid }
            self = .literal(Array(piece.utf8))
        }
    }

    /// Whether it is a parameter of the path.
    public var isCapture: Bool { if case .capture = self { true } else { false } }

    /// Whether the text may be a part: 1 to 64 letters, digits, hyphens and underscores.
    ///
    /// A path parameter becomes part of a name only if it satisfies this. A dot would shift the parts, and a star or an escape
    /// could be read as more than a name.
    public static func isValid(_ text: ByteView) -> Bool {
        guard !text.isEmpty, text.count <= mostBytes else { return false }
        var index = 0
        while index < text.count {
            let byte = text[index]
            guard ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") else {
                return false
            }
            index &+= 1
        }
        return true
    }

    /// The same of a string, off the hot path.
    public static func isValid(_ text: String) -> Bool { text.withByteView { isValid($0) } }
}
