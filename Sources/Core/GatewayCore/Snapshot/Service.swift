/// A backend the gateway forwards to, as the data plane needs it: compiled from one entry of `services`.
public final class Service: Sendable {
    /// How the gateway speaks to a service.
    public enum Transport: String, Sendable {
        /// HTTP/1.1; requests are forwarded as they are.
        case http
        /// gRPC over HTTP/2; JSON requests are translated.
        case grpc
    }

    /// Name in the configuration; unique.
    public let name: String
    /// Position in `Snapshot.services`.
    public let index: Int
    public let transport: Transport
    /// Where it listens; never empty.
    public let addresses: [Address]
    /// Client side TLS, nil for cleartext.
    public let tls: ClientTLS?
    /// Whether `/ready` waits for its first usable connection.
    public let isRequired: Bool
    /// Longest wait for a TCP (and TLS) connection, in milliseconds.
    public let connectTimeoutMilliseconds: Int64
    /// Longest wait for a response head (HTTP) or for the whole call (gRPC), in milliseconds.
    public let timeoutMilliseconds: Int64
    /// How long an unused connection is kept, in milliseconds.
    public let idleTimeoutMilliseconds: Int64
    /// Most connections a loop opens to this service.
    public let maximumConnections: Int
    /// Largest request body in bytes.
    public let maximumBodyBytes: Int
    /// Whether the client's verified `Authorization` is passed on.
    public let forwardsAuthorization: Bool
    /// Breakers and retries of its calls.
    public let policy: CallPolicy

    public init(
        name: String, index: Int, transport: Transport, addresses: [Address], tls: ClientTLS?, isRequired: Bool,
        connectTimeoutMilliseconds: Int64, timeoutMilliseconds: Int64, idleTimeoutMilliseconds: Int64,
        maximumConnections: Int, maximumBodyBytes: Int, forwardsAuthorization: Bool, policy: CallPolicy = CallPolicy()
    ) {
        self.name = name
        self.index = index
        self.transport = transport
        self.addresses = addresses
        self.tls = tls
        self.isRequired = isRequired
        self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
        self.idleTimeoutMilliseconds = idleTimeoutMilliseconds
        self.maximumConnections = maximumConnections
        self.maximumBodyBytes = maximumBodyBytes
        self.forwardsAuthorization = forwardsAuthorization
        self.policy = policy
    }

    /// The same at another place of a snapshot.
    init(_ other: Service, movedTo index: Int) {
        self.index = index
        name = other.name
        transport = other.transport
        addresses = other.addresses
        tls = other.tls
        isRequired = other.isRequired
        connectTimeoutMilliseconds = other.connectTimeoutMilliseconds
        timeoutMilliseconds = other.timeoutMilliseconds
        idleTimeoutMilliseconds = other.idleTimeoutMilliseconds
        maximumConnections = other.maximumConnections
        maximumBodyBytes = other.maximumBodyBytes
        forwardsAuthorization = other.forwardsAuthorization
        policy = other.policy
    }

    /// A host (name or literal) and a TCP port.
    public struct Address: Hashable, Sendable {
        public let host: String
        public let port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// How the gateway checks a TLS upstream.
    public struct ClientTLS: Hashable, Sendable {
        /// PEM file of trusted roots, nil for the system's.
        public let certificateAuthorityFile: String?
        /// Name for SNI and verification, nil for the address's host.
        public let serverName: String?
        /// Whether the certificate is not checked at all.
        public let isInsecure: Bool

        public init(certificateAuthorityFile: String?, serverName: String?, isInsecure: Bool) {
            self.certificateAuthorityFile = certificateAuthorityFile
            self.serverName = serverName
            self.isInsecure = isInsecure
        }
    }

    /// What must stay equal for a loop to keep its connections over a reload.
    public var connectionIdentity: ConnectionIdentity {
        ConnectionIdentity(
            name: name, transport: transport, addresses: addresses, tls: tls, connectTimeout: connectTimeoutMilliseconds,
            idleTimeout: idleTimeoutMilliseconds, maximumConnections: maximumConnections)
    }

    /// See `connectionIdentity`.
    public struct ConnectionIdentity: Hashable, Sendable {
        let name: String
        let transport: Transport
        let addresses: [Address]
        let tls: ClientTLS?
        let connectTimeout: Int64
        let idleTimeout: Int64
        let maximumConnections: Int
    }
}
