/// How lists of requests are taken.
public struct BatchRule: Sendable, Hashable {
    /// The path of the endpoint, which no request of a list may name.
    public let path: [UInt8]
    /// Requests of one list, at most `BatchRequest.maximumItems`.
    public let maximumItems: Int
    /// Requests of one list that run at a time.
    public let concurrency: Int

    /// A rule; `maximumItems` is lowered to `BatchRequest.maximumItems`.
    public init(path: String, maximumItems: Int, concurrency: Int) {
        self.path = Array(path.utf8)
        self.maximumItems = min(maximumItems, BatchRequest.maximumItems)
        self.concurrency = concurrency
    }

    init(_ batch: PlatformConfiguration.Batch) {
        self.init(path: batch.path, maximumItems: batch.maximumItems, concurrency: batch.concurrency)
    }
}
