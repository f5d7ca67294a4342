extension PlatformConfiguration {
    /// What a client may cost. Every limit is on by default.
    public struct Limits: Sendable, Hashable {
        /// Bytes of a request head; 32 KiB, room for an 8 KiB token and generous cookies.
        public var headBytes = 32 << 10
        /// Field lines of a request head; 100.
        public var headerCount = 100
        /// Bytes of a request target; 8 KiB, what RFC 9112 section 3 asks for at least.
        public var targetBytes = 8 << 10
        /// Bytes of a response head; 64 KiB, because services set many cookies and links.
        public var responseHeadBytes = 64 << 10
        /// Bytes of a request body where neither operation nor service say more; 128 MiB: bodies stream, so this bounds abuse,
        /// not memory.
        public var bodyBytes = 128 << 20
        /// From the first byte of a head to its last; 10 s.
        public var headTimeout = Duration.seconds(10)
        /// Slowest acceptable request body in bytes a second, after `bodyGrace`; 256, below any usable line.
        public var bodyMinimumRate = 256
        /// How long a body may be slower than that at its start; 5 s.
        public var bodyGrace = Duration.seconds(5)
        /// Between requests of a connection; 75 s, longer than the load balancers in front.
        public var idleTimeout = Duration.seconds(75)
        /// Silence of an upstream inside a response body; 60 s.
        public var upstreamIdleTimeout = Duration.seconds(60)
        /// Requests on one connection before it is closed; 100 000, so that load spreads again after a scale-out.
        public var requestsPerConnection = 100_000
        /// Open client connections of the process; 50 000.
        public var connections = 50_000
        /// From SIGTERM to the end of the process; 30 s.
        public var shutdownTimeout = Duration.seconds(30)
    }
}
