public import Bytes

/// Who a flag is asked for, and what is known of the request.
public protocol FlagSubject {
    /// What shares are dealt by; never empty.
    var key: ByteView { get }

    /// The value of a name such as `tenantId` or `roles.admin`; nil when there is none.
    func operand(_ name: ByteView) -> FlagOperand?
}

/// A value that conditions compare.
public enum FlagOperand {
    case text(ByteView)
    case bool(Bool)
    case number(Double)
    /// Something that is there and equals nothing: an object, a list.
    case something
}
