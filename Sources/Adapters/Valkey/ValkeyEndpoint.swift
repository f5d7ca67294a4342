/// Where one server process listens: a host name or an address without brackets, and a port.
public struct ValkeyAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name, or an address without brackets.
    public var host: String
    /// 1 to 65535.
    public var port: Int

    /// The address as given, unchecked.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// As in a URL.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Which Valkey to talk to, and as whom.
///
/// Written as a URL: `valkey://user:password@host:6379,host2/0`. The schemes `valkey` and `redis` are cleartext, `valkeys` and
/// `rediss` TLS. User, password, port (6379) and database (0) may be left out; user and password are percent-encoded. Several
/// hosts are the seeds of a cluster, or a primary and its replicas in any order.
public struct ValkeyEndpoint: Equatable, Sendable {
    /// More seeds than this are a mistake.
    public static let maximumAddresses = 16
    private static let defaultPort = 6379

    /// At least one.
    public var addresses: [ValkeyAddress]
    /// Whether the client must be given TLS settings.
    public var usesTLS: Bool
    /// Nil is the user `default`, when there is a password.
    public var user: String?
    /// Nil sends no credentials.
    public var password: ValkeySecret?
    /// From 0.
    public var database: Int

    /// An endpoint without a URL.
    public init(
        addresses: [ValkeyAddress], usesTLS: Bool = false, user: String? = nil, password: ValkeySecret? = nil, database: Int = 0
    ) {
        self.addresses = addresses
        self.usesTLS = usesTLS
        self.user = user
        self.password = password
        self.database = database
    }

    /// Reads a URL; the error never repeats any part of it.
    ///
    /// - Parameter password: one that is kept elsewhere; the URL has a user at most then.
    public init(url: String, password: ValkeySecret? = nil) throws(ValkeyEndpointError) {
        guard let separator = url.firstRange(of: "://") else { throw .scheme }
        switch url[..<separator.lowerBound].lowercased() {
        case "valkey", "redis": usesTLS = false
        case "valkeys", "rediss": usesTLS = true
        default: throw .scheme
        }
        let rest = url[separator.upperBound...]
        guard !rest.contains("?"), !rest.contains("#") else { throw .query }
        // The last one: a password with a raw @ is a frequent mistake, and is harmless.
        let at = rest.lastIndex(of: "@")
        let authority = at.map { rest[rest.index(after: $0)...] } ?? rest
        let credentials = at.map { rest[..<$0] } ?? ""
        if let password {
            guard !credentials.contains(":"), let user = Self.decoded(credentials) else { throw .twoPasswords }
            self.user = user.isEmpty ? nil : user
            self.password = password
        } else {
            (user, self.password) = try Self.credentials(credentials)
        }
        let parts = authority.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        database = try Self.database(parts.count > 1 ? parts[1] : "")
        addresses = []
        for part in parts[0].split(separator: ",", omittingEmptySubsequences: false) {
            guard addresses.count < Self.maximumAddresses else { throw .tooManyHosts }
            addresses.append(try Self.address(part))
        }
    }

    private static func credentials(_ text: Substring) throws(ValkeyEndpointError) -> (String?, ValkeySecret?) {
        if text.isEmpty { return (nil, nil) }
        guard let colon = text.firstIndex(of: ":") else { throw .credentials }
        guard let user = decoded(text[..<colon]), let password = decoded(text[text.index(after: colon)...]), !password.isEmpty
        else { throw .credentials }
        return (user.isEmpty ? nil : user, ValkeySecret(password))
    }

    private static func database(_ text: Substring) throws(ValkeyEndpointError) -> Int {
        if text.isEmpty { return 0 }
        guard text.utf8.allSatisfy({ $0 &- 48 < 10 }), let number = Int(text), number <= Int(Int32.max) else { throw .database }
        return number
    }

    private static func address(_ text: Substring) throws(ValkeyEndpointError) -> ValkeyAddress {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else { throw .host }
            host = text[text.index(after: text.startIndex)..<close]
            let behind = text[text.index(after: close)...]
            guard behind.isEmpty || behind.first == ":" else { throw .host }
            port = behind.isEmpty ? nil : behind.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw .host }
        guard let port else { return ValkeyAddress(host: String(host), port: defaultPort) }
        guard port.utf8.allSatisfy({ $0 &- 48 < 10 }), let number = Int(port), 1...65535 ~= number else { throw .port }
        return ValkeyAddress(host: String(host), port: number)
    }

    /// The text without percent-encoding; nil when that is malformed.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? { Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) } }
}

/// What is wrong with the URL of an endpoint.
public enum ValkeyEndpointError: Error, Equatable, Sendable {
    case scheme
    case credentials
    case host
    case port
    case database
    case query
    case tooManyHosts
    /// One in the URL beside one that is kept elsewhere.
    case twoPasswords
    /// The URL's scheme and the client's TLS settings do not go together.
    case security

    /// A sentence for findings; it holds nothing of the URL.
    public var message: String {
        switch self {
        case .scheme: "a Valkey URL begins with valkey://, redis://, valkeys:// or rediss://"
        case .credentials: "the credentials of a Valkey URL are user:password or :password, percent-encoded"
        case .twoPasswords: "a Valkey URL has a user at most where the password is kept in a file"
        case .host: "a Valkey URL names at least one host"
        case .port: "a port of a Valkey URL is a number from 1 to 65535"
        case .database: "the path of a Valkey URL is the number of a database"
        case .query: "a Valkey URL has no query and no fragment"
        case .security: "valkeys:// and rediss:// need TLS settings, valkey:// and redis:// take none"
        case .tooManyHosts: "a Valkey URL names at most \(ValkeyEndpoint.maximumAddresses) hosts"
        }
    }
}
