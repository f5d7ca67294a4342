import Bytes

/// The three parts of a JWS in compact form (RFC 7515 section 7.1), still encoded.
struct CompactToken {
    let header: ByteView
    let payload: ByteView
    let signature: ByteView
    /// What the signature is over: header, dot and payload as they were sent.
    let signingInput: ByteView

    /// Splits a token at its two dots; nil unless there are exactly two and no part is empty.
    init?(_ token: ByteView) {
        let dot = UInt8(ascii: ".")
        guard let first = token.firstIndex(of: dot), let second = token.firstIndex(of: dot, from: first + 1),
            token.firstIndex(of: dot, from: second + 1) == nil,
            first > 0, second > first + 1, second + 1 < token.count
        else { return nil }
        header = token[0, first]
        payload = token[first + 1, second]
        signature = token[second + 1, token.count]
        signingInput = token[0, second]
    }
}
