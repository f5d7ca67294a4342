/// What one HTTP/1.1 message may cost before its body; everything above is refused, never truncated.
public struct HTTP1Limits: Sendable, Equatable {
    /// Bytes of a whole head, from the first empty line before it to the blank line after it. Default 32 KiB: room for an 8 KiB
    /// token, 8 KiB of target and generous cookies, and a connection buffer small enough for thousands of slow clients.
    /// Clamped to `largestHeadBytes`.
    public var headBytes: Int {
        didSet { headBytes = min(headBytes, Self.largestHeadBytes) }
    }
    /// Field lines of a head. Default 100, as nginx and Node count: each line costs the policies work, however short it is.
    public var fields: Int
    /// Bytes of a request target. Default 8 KiB: the least RFC 9112 section 3 recommends to support, and what peers allow.
    public var targetBytes: Int
    /// Bytes of a method. Default 32: the longest registered one (`UPDATEREDIRECTREF`) has 17.
    public var methodBytes: Int
    /// Empty lines skipped before a request line. Default 4: RFC 9112 section 2.2 asks for one, old clients send it after a body.
    public var leadingEmptyLines: Int
    /// Options in all `Connection` lines of one head. Default 32: each is looked up among all field lines.
    public var connectionOptions: Int
    /// Bytes of the extensions of one chunk. Default 256: none are understood, and they are not forwarded.
    public var chunkExtensionBytes: Int
    /// Bytes of all chunk extensions of one body. Default 16 KiB: otherwise bytes that no body limit counts flow for ever.
    public var chunkExtensionTotalBytes: Int
    /// Bytes of a trailer section. Default 8 KiB: trailers carry a status and a checksum, not cookies.
    public var trailerBytes: Int
    /// Field lines of a trailer section, dropped ones included. Default 32.
    public var trailerFields: Int

    /// The defaults.
    public static let `default` = HTTP1Limits()

    /// Most bytes a head may be configured to have: offsets into heads are 32 bits wide, and a head is buffered whole.
    public static let largestHeadBytes = 1 << 20

    /// Limits that default to what each property says.
    public init(
        headBytes: Int = 32 * 1024, fields: Int = 100, targetBytes: Int = 8 * 1024, methodBytes: Int = 32,
        leadingEmptyLines: Int = 4, connectionOptions: Int = 32, chunkExtensionBytes: Int = 256,
        chunkExtensionTotalBytes: Int = 16 * 1024, trailerBytes: Int = 8 * 1024, trailerFields: Int = 32
    ) {
        self.headBytes = min(headBytes, Self.largestHeadBytes)
        self.fields = fields
        self.targetBytes = targetBytes
        self.methodBytes = methodBytes
        self.leadingEmptyLines = leadingEmptyLines
        self.connectionOptions = connectionOptions
        self.chunkExtensionBytes = chunkExtensionBytes
        self.chunkExtensionTotalBytes = chunkExtensionTotalBytes
        self.trailerBytes = trailerBytes
        self.trailerFields = trailerFields
    }
}
