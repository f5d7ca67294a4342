import Foundation
import GRDB

/// Records in one SQLite file. Every statement names the tenant.
struct RecordStore: Sendable {
    private let database: DatabaseQueue

    init(path: String) throws {
        database = try DatabaseQueue(path: path)
        try database.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = NORMAL;
                    CREATE TABLE IF NOT EXISTS records (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                        tenant TEXT NOT NULL,
                        module TEXT NOT NULL,
                        model TEXT NOT NULL,
                        id TEXT NOT NULL,
                        data TEXT NOT NULL,
                        created_at INTEGER NOT NULL,
                        updated_at INTEGER NOT NULL,
                        created_by TEXT NOT NULL,
                        version INTEGER NOT NULL,
                        UNIQUE (tenant, module, model, id)
                    );
                    CREATE INDEX IF NOT EXISTS records_by_creation ON records (tenant, module, model, sequence);
                    """)
        }
    }

    func create(_ key: RecordKey, json: String, by user: String) async throws -> StoredRecord {
        try await database.write { db in
            guard try find(key, db) == nil else { throw StoreFault.alreadyExists }
            let now = milliseconds()
            let place = key.collection
            try db.execute(
                sql: """
                    INSERT INTO records (tenant, module, model, id, data, created_at, updated_at, created_by, version)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)
                    """,
                arguments: [place.tenant, place.module, place.model, key.id, json, now, now, user])
            return try existing(key, db)
        }
    }

    func get(_ key: RecordKey) async throws -> StoredRecord {
        try await database.read { db in try existing(key, db) }
    }

    /// Replaces the record's data by what `change` makes of it.
    ///
    /// - Parameter expectedVersion: nil changes whatever version is stored.
    func update(
        _ key: RecordKey, expectedVersion: Int64?, change: @Sendable @escaping (String) throws -> String
    ) async throws -> StoredRecord {
        try await database.write { db in
            let old = try existing(key, db)
            if let expectedVersion, expectedVersion != old.version {
                throw StoreFault.versionMismatch(stored: old.version)
            }
            try db.execute(
                sql: "UPDATE records SET data = ?, updated_at = ?, version = version + 1 WHERE sequence = ?",
                arguments: [try change(old.json), milliseconds(), old.sequence])
            return try existing(key, db)
        }
    }

    func delete(_ key: RecordKey) async throws {
        try await database.write { db in
            let old = try existing(key, db)
            try db.execute(sql: "DELETE FROM records WHERE sequence = ?", arguments: [old.sequence])
        }
    }

    /// At most `limit` records created after `sequence`, oldest first.
    func list(
        _ place: Collection, after sequence: Int64, where conditions: [Condition], limit: Int
    ) async throws -> [StoredRecord] {
        try await database.read { db in
            var sql = "SELECT * FROM records WHERE tenant = ? AND module = ? AND model = ? AND sequence > ?"
            var arguments: StatementArguments = [place.tenant, place.module, place.model, sequence]
            for condition in conditions {
                sql += " AND CAST(json_extract(data, ?) AS TEXT) = ?"
                arguments += ["$.\"\(condition.member)\"", condition.value]
            }
            sql += " ORDER BY sequence LIMIT ?"
            arguments += [limit]
            return try StoredRecord.fetchAll(db, sql: sql, arguments: arguments)
        }
    }
}

private func find(_ key: RecordKey, _ db: Database) throws -> StoredRecord? {
    let place = key.collection
    return try StoredRecord.fetchOne(
        db, sql: "SELECT * FROM records WHERE tenant = ? AND module = ? AND model = ? AND id = ?",
        arguments: [place.tenant, place.module, place.model, key.id])
}

private func existing(_ key: RecordKey, _ db: Database) throws -> StoredRecord {
    guard let record = try find(key, db) else { throw StoreFault.notFound }
    return record
}

private func milliseconds() -> Int64 {
    Int64(Date().timeIntervalSince1970 * 1000)
}
