import Bytes
import Foundation
public import GatewayCore

/// Puts records into the table `audit_wal` of PostgreSQL, where they wait for somebody while the sink takes none.
///
/// A record that comes twice is there once: its id is the key. The table is made where it is missing.
public final class PostgreSQLAuditSink: AuditSink, @unchecked Sendable {
    // Unchecked: the writer's thread alone uses it.
    private let server: PostgreSQLServer
    private let library: LibPQ
    private var connection: LibPQ.Connection?
    private let text = ByteWriter()

    private static let table = """
        CREATE TABLE IF NOT EXISTS audit_wal (
          id uuid PRIMARY KEY, occurred_at timestamptz NOT NULL, tenant_id text, record jsonb NOT NULL,
          received_at timestamptz NOT NULL DEFAULT now())
        """
    private static let look = "SELECT id FROM audit_wal LIMIT 0"
    private static let insert = """
        INSERT INTO audit_wal (id, occurred_at, tenant_id, record)
        SELECT (entry->>'id')::uuid, (entry->>'timestamp')::timestamptz, entry->>'tenantId', entry
        FROM jsonb_array_elements($1::jsonb) AS entry ON CONFLICT (id) DO NOTHING
        """
    /// `undefined_table`.
    private static let missingTable = "42P01"

    /// What went wrong, with the server's SQLSTATE where it said one.
    private struct Fault: Error {
        let reason: String
        var state: String?
    }

    public init(_ settings: PlatformConfiguration.Audit.PostgreSQL) throws {
        server = PostgreSQLServer(
            address: settings.address, user: settings.user, database: settings.database, passwordFile: settings.passwordFile,
            usesTLS: settings.tls != nil, certificateAuthorityFile: settings.tls?.certificateAuthorityFile)
        library = try LibPQ()
    }

    public func deliver(_ batch: AuditBatch, _ range: Range<Int>, within timeout: Duration) -> AuditDelivery {
        let deadline = ContinuousClock.now + timeout
        text.removeAll()
        text.append("[")
        for index in range {
            if index > range.lowerBound { text.append(",") }
            text.append(batch.json(index))
        }
        text.append("]\0")
        do throws(Fault) {
            if connection == nil { try connect(deadline, timeout) }
            let outcome = text.view.withUnsafeBytes { bytes -> Result<Void, Fault> in
                Result { () throws(Fault) in
                    try execute(Self.insert, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), deadline)
                }
            }
            try outcome.get()
            return .delivered
        } catch {
            // Whatever state it is in: the next attempt begins anew.
            close()
            return .unavailable("PostgreSQL: \(error.reason)")
        }
    }

    public func close() {
        library.finish(connection)
        connection = nil
    }

    // MARK: Connection

    private func connect(_ deadline: ContinuousClock.Instant, _ timeout: Duration) throws(Fault) {
        let opened: LibPQ.Connection?
        do throws(PostgreSQLServer.Fault) {
            opened = try server.withParameters(
                password: { [server] in
                    server.passwordFile.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) }?
                        .trimmingCharacters(in: .newlines)
                }, timeout: timeout
            ) { library.connectStart($0, $1, 0) }
        } catch {
            throw Fault(reason: error.reason)
        }
        guard let opened else { throw Fault(reason: "libpq has no memory") }
        connection = opened
        var state = library.status(opened) == 1 ? LibPQ.pollFailed : 2
        while state != LibPQ.pollOK {
            guard state != LibPQ.pollFailed else { throw Fault(reason: library.reason(opened)) }
            try wait(reading: state == LibPQ.pollReading, deadline)
            state = library.connectPoll(opened)
        }
        guard library.setNonblocking(opened, 1) == 0 else { throw Fault(reason: library.reason(opened)) }
        do throws(Fault) {
            try execute(Self.look, nil, deadline)
        } catch {
            guard error.state == Self.missingTable else { throw error }
            try execute(Self.table, nil, deadline)
        }
    }

    /// Runs one statement with at most one parameter, in time.
    private func execute(
        _ statement: String, _ parameter: UnsafePointer<CChar>?, _ deadline: ContinuousClock.Instant
    ) throws(Fault) {
        let values = [parameter]
        let isSent = values.withUnsafeBufferPointer { values in
            library.sendQuery(connection, statement, parameter == nil ? 0 : 1, nil, values.baseAddress, nil, nil, 0)
        }
        guard isSent == 1 else { throw Fault(reason: library.reason(connection)) }
        while true {
            let left = library.flush(connection)
            guard left >= 0 else { throw Fault(reason: library.reason(connection)) }
            if left == 0 { break }
            try wait(reading: false, deadline)
            // The server may speak before it has heard all.
            guard library.consumeInput(connection) == 1 else { throw Fault(reason: library.reason(connection)) }
        }
        var fault: Fault?
        while true {
            while library.isBusy(connection) == 1 {
                try wait(reading: true, deadline)
                guard library.consumeInput(connection) == 1 else { throw Fault(reason: library.reason(connection)) }
            }
            guard let result = library.result(connection) else { break }
            let status = library.resultStatus(result)
            if status != LibPQ.command, status != LibPQ.rows {
                let state = library.errorField(result, LibPQ.sqlState).map { String(cString: $0) }
                fault = fault ?? Fault(reason: library.reason(connection), state: state)
            }
            library.clear(result)
        }
        if let fault { throw fault }
    }

    /// Waits until the socket can be read, or read or written.
    private func wait(reading: Bool, _ deadline: ContinuousClock.Instant) throws(Fault) {
        let left = (deadline - .now) / .milliseconds(1)
        guard left > 0 else { throw Fault(reason: "no answer in time") }
        var descriptor = pollfd(
            fd: library.socket(connection), events: Int16(reading ? POLLIN : POLLIN | POLLOUT), revents: 0)
        if poll(&descriptor, 1, Int32(min(left.rounded(.up), 1e9))) == 0 { throw Fault(reason: "no answer in time") }
    }
}
