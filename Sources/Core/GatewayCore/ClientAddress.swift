public import Bytes

/// An IP address in binary and in text, as the gateway compares and writes it.
public struct ClientAddress: Sendable {
    /// Sixteen bytes in network order: IPv6, or IPv4 mapped into `::ffff:0:0/96` (RFC 4291 section 2.5.5.2).
    public let high: UInt64
    public let low: UInt64
    /// Canonical text without brackets or port.
    public let text: [UInt8]

    /// The address written as `text`, or nil when it is not a literal IPv4 or IPv6 address.
    public init?(_ text: String) {
        guard let (high, low) = IPLiteral.parse(text) else { return nil }
        self.high = high
        self.low = low
        self.text = Array(text.utf8)
        self.isIPv6 = text.utf8.contains(UInt8(ascii: ":"))
    }

    /// The address of peers that have none (Unix sockets): written as `unknown` (RFC 7239 section 6.2), matched by no network.
    public static let unknown = ClientAddress(high: 0, low: 0, text: Array("unknown".utf8))

    private init(high: UInt64, low: UInt64, text: [UInt8]) {
        self.high = high
        self.low = low
        self.text = text
        self.isIPv6 = false
    }

    public let isIPv6: Bool

    /// Writes what is limited as one client: an IPv4 address, of IPv6 the network (RFC 6177).
    public func appendNetwork(to out: ByteWriter) {
        guard high == 0, low >> 32 == 0xffff else {
            out.append(hex: high)
            return out.append("/64")
        }
        for shift in [24, 16, 8, 0] as [UInt64] {
            if shift < 24 { out.append(".") }
            out.append(decimal: (low >> shift) & 0xff)
        }
    }

    /// What is limited as one client as the key of a limit: equal for addresses of which `appendNetwork` writes the same.
    public func limitKey(_ hash: KeyedHash) -> UInt64 {
        let isIPv4 = high == 0 && low >> 32 == 0xffff
        var words = (high, isIPv4 ? low : 0)
        return withUnsafeBytes(of: &words) { hash(ByteView($0)) }
    }
}

/// A range of addresses in CIDR notation (RFC 4632).
public struct AddressRange: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64
    private let bits: Int

    /// The range written as `address/bits` or a single address; nil when malformed.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let (high, low) = IPLiteral.parse(String(first)) else { return nil }
        let isIPv4 = !first.contains(":")
        let width = isIPv4 ? 32 : 128
        var prefix = width
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...width).contains(given) else { return nil }
            prefix = given
        }
        self.bits = isIPv4 ? prefix + 96 : prefix
        self.high = high & Self.mask(bits)
        self.low = low & Self.mask(bits - 64)
    }

    public func contains(_ address: ClientAddress) -> Bool {
        address.high & Self.mask(bits) == high && address.low & Self.mask(bits - 64) == low
    }

    private static func mask(_ bits: Int) -> UInt64 {
        if bits <= 0 { return 0 }
        return bits >= 64 ? .max : ~(UInt64.max >> UInt64(bits))
    }
}
