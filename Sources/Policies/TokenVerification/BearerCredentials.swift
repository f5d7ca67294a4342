public import Bytes

/// Finds the token in an `Authorization` field (RFC 6750 section 2.1, RFC 9110 section 11.4).
public enum BearerCredentials {
    /// Where in `field` (surrounding whitespace already removed) the token is.
    ///
    /// The scheme is compared without case and followed by one or more spaces. No field or another scheme is `.missing`,
    /// `Bearer` with nothing behind it is `.credentials`. The token's own bytes are left to the verifier, because a cached token
    /// is found by comparing all of them anyway.
    public static func token(in field: ByteView) -> Result<ByteRange, TokenFault> {
        let scheme: StaticString = "bearer"
        let length = scheme.utf8CodeUnitCount
        guard field.count >= length, field[0, length].equalsIgnoringCase(scheme) else { return .failure(.missing) }
        var start = length
        while start < field.count, field[start] == UInt8(ascii: " ") { start &+= 1 }
        guard start < field.count else { return .failure(.credentials) }
        return start > length ? .success(ByteRange(start, field.count)) : .failure(.missing)
    }
}
