public import Bytes

/// The permission an operation asks for, `{module}.{resource}.{action}`, where each part is fixed or a path parameter.
public struct PermissionPattern: Sendable, Hashable {
    /// Why a text is not a pattern; raw values are safe as finding codes.
    public enum Fault: String, Error, Sendable, CaseIterable {
        /// Not exactly three parts separated by dots.
        case notThreeParts = "permission-not-three-parts"
        /// A part that is neither a parameter in braces nor 1 to 64 letters, digits, hyphens and underscores.
        case invalidPart = "permission-invalid-part"
        /// A parameter that the path does not have.
        case unknownParameter = "permission-unknown-parameter"
    }

    let parts: [NamePart]
    /// The name itself, where no part is a parameter: the same for every request.
    let fixed: [UInt8]?
    /// The pattern as it was written, for listings.
    public let text: String

    /// Whether a part of the name is a parameter of the path.
    public var hasParameters: Bool { fixed == nil }

    /// Longest name that a pattern can make: three parts and two dots.
    static let mostBytes = 3 * NamePart.mostBytes + 2

    /// Compiles the text of `x-permission`; `parameters` are the names of the path's parameters in order.
    public init(_ text: String, parameters: [String] = []) throws(Fault) {
        let pieces = text.split(separator: ".", omittingEmptySubsequences: false)
        guard pieces.count == 3 else { throw .notThreeParts }
        do throws(NamePart.Fault) {
            var parts: [NamePart] = []
            for piece in pieces { parts.append(try NamePart(piece, parameters: parameters)) }
            self.parts = parts
            fixed = parts.contains(where: \.isCapture) ? nil : Array(text.utf8)
        } catch {
            throw error == .invalid ? .invalidPart : .unknownParameter
        }
        self.text = text
    }

    /// The name for one request; nil when a parameter's value cannot be part of a name. For people, off the hot path.
    public func name(capture: (Int) -> ByteView) -> String? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.mostBytes) { room in
            fill(room, capture: capture).map { String(decoding: room[0..<$0.count], as: UTF8.self) }
        }
    }

    /// Writes the name for one request into `room`, which holds `mostBytes`; nil when a parameter's value cannot be part of a name.
    func fill(_ room: UnsafeMutableBufferPointer<UInt8>, capture: (Int) -> ByteView) -> (count: Int, moduleCount: Int)? {
        var count = 0
        var moduleCount = 0
        for index in parts.indices {
            if index > 0 {
                room[count] = UInt8(ascii: ".")
                count &+= 1
            }
            switch parts[index] {
            case .literal(let bytes):
                for byte in bytes {
                    room[count] = byte
                    count &+= 1
                }
            case .capture(let number):
                let value = capture(number)
                guard NamePart.isValid(value) else { return nil }
                for offset in 0..<value.count { room[count &+ offset] = value[offset] }
                count &+= value.count
            }
            if index == 0 { moduleCount = count }
        }
        return (count, moduleCount)
    }
}
