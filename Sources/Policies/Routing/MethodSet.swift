public import HTTPSemantics

/// A set of known request methods, for the `Allow` header (RFC 9110 section 10.2.1).
public struct MethodSet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The set of one method; `.other` is never a member.
    @inlinable
    public init(_ method: RequestMethod) { self.rawValue = method == .other ? 0 : 1 << UInt16(method.rawValue) }

    @inlinable
    public func contains(_ method: RequestMethod) -> Bool { method != .other && rawValue & 1 << UInt16(method.rawValue) != 0 }

    /// The members in the order of `RequestMethod`.
    public var methods: [RequestMethod] { RequestMethod.allCases.filter { contains($0) } }
}
