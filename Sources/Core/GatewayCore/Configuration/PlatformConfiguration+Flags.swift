extension PlatformConfiguration {
    /// Where flags come from.
    public struct Flags: Sendable, Hashable {
        public var source: Source
        /// Between two questions to the relay; 15 s.
        public var interval = Duration.seconds(15)

        public enum Source: Sendable, Hashable {
            /// A file of flags, resolved, read again when it changes.
            case file(String)
            case relay(Relay)
        }

        /// A relay of GO Feature Flag.
        public struct Relay: Sendable, Hashable {
            public var url: EndpointURL
            /// File with the relay's API key, resolved, read for each question; nil for none.
            public var keyFile: String?
            /// PEM file of trusted roots, resolved; nil for the system's.
            public var certificateAuthorityFile: String?
            /// The file in which what it said last is kept, resolved; nil keeps none on the disk.
            public var copy: String?
        }
    }
}
