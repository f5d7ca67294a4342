#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Literal IP addresses by the system's own parser.
enum IPLiteral {
    /// The address as 128 bits, IPv4 mapped; nil when `text` is not a literal.
    static func parse(_ text: String) -> (high: UInt64, low: UInt64)? {
        // The parser would stop at a NUL and take what stands before it.
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            return (0, 0x0000_ffff_0000_0000 | UInt64(UInt32(bigEndian: four.s_addr)))
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        return withUnsafeBytes(of: &six) { raw in
            (
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }
}
