/// How lists of requests are taken.
public struct BatchRule: Sendable, Hashable {
    /// The path of the endpoint, which no request of a list may name.
    public let path: [UInt8]
    /// Requests of one list, at most `BatchRequest.maximumItems`.
    public let maximumItems: Int
    /// Requests of one list that run at a time.
    public let concurrency: Int

    init(_ batch: PlatformConfiguration.Batch) {
        path = Array(batch.path.utf8)
        maximumItems = min(batch.maximumItems, BatchRequest.maximumItems)
        concurrency = batch.concurrency
    }
}
