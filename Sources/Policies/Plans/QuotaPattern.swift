import Bytes

/// The quota an operation draws on, `crm.contacts` or `{module}.{model}`: each part is fixed or a path parameter.
public struct QuotaPattern: Sendable, Hashable {
    /// Why a text is not a pattern; raw values are safe as finding codes.
    public enum Fault: String, Error, Sendable, CaseIterable {
        /// No part, or more than four.
        case parts = "quota-parts"
        /// A part that is neither a parameter in braces nor 1 to 64 letters, digits, hyphens and underscores.
        case invalidPart = "quota-invalid-part"
        /// A parameter that the path does not have.
        case unknownParameter = "quota-unknown-parameter"
    }

    let parts: [NamePart]
    /// The pattern as it was written, for listings.
    public let text: String

    /// Whether a part of the name is a parameter of the path.
    public var hasParameters: Bool { parts.contains(where: \.isCapture) }

    /// Compiles the name in `x-quota`; `parameters` are the names of the path's parameters in order.
    public init(_ text: String, parameters: [String] = []) throws(Fault) {
        let pieces = text.split(separator: ".", omittingEmptySubsequences: false)
        guard pieces.count <= QuotaName.mostParts else { throw .parts }
        do throws(NamePart.Fault) {
            var parts: [NamePart] = []
            for piece in pieces { parts.append(try NamePart(piece, parameters: parameters)) }
            self.parts = parts
        } catch {
            throw error == .invalid ? .invalidPart : .unknownParameter
        }
        self.text = text
    }

    /// Whether the name for one request is `name`; a parameter's value that cannot be part of a name makes none. Allocates nothing.
    func makes(_ name: ByteView, capture: (Int) -> ByteView) -> Bool {
        var at = 0
        for index in parts.indices {
            if index > 0 {
                guard at < name.count, name[at] == UInt8(ascii: ".") else { return false }
                at &+= 1
            }
            let count =
                switch parts[index] {
                case .literal(let bytes): bytes.withByteView { Self.prefixCount($0, name, at) }
                case .capture(let number): Self.captureCount(capture(number), name, at)
                }
            guard let count else { return false }
            at &+= count
        }
        return at == name.count
    }

    private static func captureCount(_ value: ByteView, _ name: ByteView, _ at: Int) -> Int? {
        NamePart.isValid(value) ? prefixCount(value, name, at) : nil
    }

    private static func prefixCount(_ part: ByteView, _ name: ByteView, _ at: Int) -> Int? {
        guard part.count <= name.count &- at, name[at, at &+ part.count] == part else { return nil }
        return part.count
    }
}
