import GRDB

/// The records of one model of one module, as one tenant sees them.
struct Collection: Sendable {
    let tenant: String
    let module: String
    let model: String
}

/// Where a record is found. Records of different tenants never share a key.
struct RecordKey: Sendable {
    let collection: Collection
    let id: String
}

/// A record as its row has it.
struct StoredRecord: FetchableRecord, Sendable {
    /// Order of creation over the whole file; what page tokens point at.
    let sequence: Int64
    let module: String
    let model: String
    let id: String
    /// The record's data as a JSON object.
    let json: String
    /// Milliseconds since 1970.
    let createdAt: Int64
    /// Milliseconds since 1970.
    let updatedAt: Int64
    let createdBy: String
    let version: Int64

    init(row: Row) throws {
        sequence = row["sequence"]
        module = row["module"]
        model = row["model"]
        id = row["id"]
        json = row["data"]
        createdAt = row["created_at"]
        updatedAt = row["updated_at"]
        createdBy = row["created_by"]
        version = row["version"]
    }
}

/// Why the store refused.
enum StoreFault: Error {
    case alreadyExists
    case notFound
    /// The stored version is not the expected one.
    case versionMismatch(stored: Int64)
}
