import AuditRecords
public import Bytes

/// Where records go in the end.
///
/// Called on the writer's own thread, which may block as long as `within` says.
public protocol AuditSink: Sendable {
    /// Gives the sink the records of `batch` in `range`, which it must have for good before this answers `delivered`.
    func deliver(_ batch: AuditBatch, _ range: Range<Int>, within timeout: Duration) -> AuditDelivery
    /// Gives back connections and files.
    func close()
}

/// What became of records.
public enum AuditDelivery: Sendable, Hashable {
    /// The sink has all of them.
    case delivered
    /// The sink will never take them as they are: trying again is no use, smaller parts may pass.
    case refused(String)
    /// The sink cannot take them now; it may have some.
    case unavailable(String)
}

/// Some records as JSON; filled and used by one thread, again and again.
public final class AuditBatch {
    /// Most records and about the most bytes at once.
    public static let maximumRecords = 2000
    public static let maximumBytes = 1 << 20

    private struct Record {
        let json: ByteRange
        let tenant: ByteRange
    }

    private let text = ByteWriter(capacity: 64 << 10)
    private var json = AuditJSON()
    private var records: [Record] = []

    public init() { records.reserveCapacity(Self.maximumRecords) }

    public var count: Int { records.count }

    public var isFull: Bool { records.count >= Self.maximumRecords || text.count >= Self.maximumBytes }

    /// Takes a record that `AuditRecord.read` has found to be one; false when there is no more room.
    public func take(_ record: ByteView) -> Bool {
        guard !isFull else { return false }
        let start = text.count
        let tenant = json.append(record, to: text)
        records.append(Record(json: ByteRange(start, text.count), tenant: tenant))
        text.append("\n")
        return true
    }

    public func removeAll() {
        text.removeAll()
        records.removeAll(keepingCapacity: true)
    }

    /// The JSON of the record at `index`, without the line feed.
    public func json(_ index: Int) -> ByteView { text.view[records[index].json] }

    /// The canonical text of the id of the record at `index`.
    public func id(_ index: Int) -> ByteView {
        let start = records[index].json.start + AuditJSON.idOffset
        return text.view[start, start + 36]
    }

    /// The tenant of the record at `index`; empty for callers that are not known.
    public func tenant(_ index: Int) -> ByteView { text.view[records[index].tenant] }

    /// The JSON of the records in `range`, each with a line feed after it; the range must not be empty.
    public func lines(_ range: Range<Int>) -> ByteView {
        text.view[records[range.lowerBound].json.start, records[range.upperBound - 1].json.end + 1]
    }
}
