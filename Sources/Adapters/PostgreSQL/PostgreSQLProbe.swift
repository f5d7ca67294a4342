public import GatewayCore

/// Asks a PostgreSQL server for `SELECT 1` over a connection that is kept. It blocks, so it is called on a thread for that.
public final class PostgreSQLProbe: @unchecked Sendable {
    // Unchecked: one question at a time, as `BlockingProbe` puts them.
    private let server: PostgreSQLServer
    private let password: @Sendable () -> String?
    private let library: LibPQ
    private var connection: LibPQ.Connection?

    /// - Parameter password: reads it anew, so that a new one is used with the next connection.
    public init(_ component: PlatformConfiguration.Component, password: @escaping @Sendable () -> String?) throws {
        server = PostgreSQLServer(
            address: component.address, user: component.user, database: component.database, passwordFile: component.passwordFile,
            usesTLS: component.tls != nil, certificateAuthorityFile: component.tls?.certificateAuthorityFile)
        self.password = password
        library = try LibPQ()
    }

    deinit { library.finish(connection) }

    /// Nil when there is an answer; otherwise what the library says.
    public func ask(within timeout: Duration) -> String? {
        do throws(PostgreSQLServer.Fault) {
            let connection = if let connection { connection } else { try connect(timeout) }
            self.connection = connection
            let result = library.execute(connection, "SELECT 1")
            defer { library.clear(result) }
            if library.resultStatus(result) == LibPQ.rows { return nil }
            let reason = library.reason(connection)
            disconnect()
            return reason
        } catch {
            return error.reason
        }
    }

    private func disconnect() {
        library.finish(connection)
        connection = nil
    }

    private func connect(_ timeout: Duration) throws(PostgreSQLServer.Fault) -> LibPQ.Connection {
        let opened = try server.withParameters(password: password, timeout: timeout) { library.connect($0, $1, 0) }
        guard let opened else { throw PostgreSQLServer.Fault(reason: "libpq has no memory") }
        if library.status(opened) == LibPQ.connected { return opened }
        defer { library.finish(opened) }
        throw PostgreSQLServer.Fault(reason: library.reason(opened))
    }
}
