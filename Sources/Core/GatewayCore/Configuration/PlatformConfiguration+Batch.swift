extension PlatformConfiguration {
    /// The endpoint that takes a list of requests.
    public struct Batch: Sendable, Hashable {
        /// Whether it is there; true.
        public var isEnabled = true
        /// Its path, without parameters; `/api/v1/batch`.
        public var path = "/api/v1/batch"
        /// Requests of one list; 100, which is also the most.
        public var maximumItems = BatchRequest.maximumItems
        /// Requests of one list that run at a time; 8.
        public var concurrency = 8
    }
}
