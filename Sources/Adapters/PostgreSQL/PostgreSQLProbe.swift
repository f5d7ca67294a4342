import Foundation
public import GatewayCore
import SharedLibraries

/// Asks a PostgreSQL server for `SELECT 1` over a connection that is kept. It blocks, so it is called on a thread for that.
public final class PostgreSQLProbe: @unchecked Sendable {
    // Unchecked: one question at a time, as `BlockingProbe` puts them.
    private typealias Connection = OpaquePointer

    /// The functions of libpq that are used.
    private struct Library {
        let connect:
            @convention(c) (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>, Int32) -> OpaquePointer?
        let status: @convention(c) (OpaquePointer?) -> Int32
        let message: @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?
        let finish: @convention(c) (OpaquePointer?) -> Void
        let execute: @convention(c) (OpaquePointer?, UnsafePointer<CChar>) -> OpaquePointer?
        let resultStatus: @convention(c) (OpaquePointer?) -> Int32
        let clear: @convention(c) (OpaquePointer?) -> Void

        /// `PGRES_TUPLES_OK`.
        static let rows: Int32 = 2

        init() throws(SharedLibrary.Fault) {
            let library = try SharedLibrary(
                SharedLibrary.Description(file: "libpq.so.5", variable: "GATEWAY_LIBPQ", package: "libpq5"))
            connect = try library.function("PQconnectdbParams")
            status = try library.function("PQstatus")
            message = try library.function("PQerrorMessage")
            finish = try library.function("PQfinish")
            execute = try library.function("PQexec")
            resultStatus = try library.function("PQresultStatus")
            clear = try library.function("PQclear")
        }
    }

    private let component: PlatformConfiguration.Component
    private let password: @Sendable () -> String?
    private let library: Library
    private var connection: Connection?

    /// - Parameter password: reads it anew, so that a new one is used with the next connection.
    public init(_ component: PlatformConfiguration.Component, password: @escaping @Sendable () -> String?) throws {
        self.component = component
        self.password = password
        library = try Library()
    }

    deinit { library.finish(connection) }

    /// Nil when there is an answer; otherwise what the library says.
    public func ask(within timeout: Duration) -> String? {
        do throws(Refusal) {
            let connection = if let connection { connection } else { try connect(timeout) }
            self.connection = connection
            let result = library.execute(connection, "SELECT 1")
            defer { library.clear(result) }
            if library.resultStatus(result) == Library.rows { return nil }
            let reason = reason(connection)
            disconnect()
            return reason
        } catch {
            return error.reason
        }
    }

    private struct Refusal: Error { let reason: String }

    private func disconnect() {
        library.finish(connection)
        connection = nil
    }

    private func connect(_ timeout: Duration) throws(Refusal) -> Connection {
        var parameters = [
            ("host", component.address.host), ("port", "\(component.address.port)"), ("application_name", "septem-gateway"),
            // Whole seconds, and at least two, by the library's rules.
            ("connect_timeout", "\(max(2, timeout.components.seconds))"),
            ("sslmode", component.tls == nil ? "disable" : "verify-full"),
        ]
        if let user = component.user { parameters.append(("user", user)) }
        if let database = component.database { parameters.append(("dbname", database)) }
        if let file = component.tls?.certificateAuthorityFile { parameters.append(("sslrootcert", file)) }
        if let file = component.passwordFile {
            guard let secret = password() else { throw Refusal(reason: "cannot read the password in \(file)") }
            parameters.append(("password", secret))
        }
        let keys = parameters.map { strdup($0.0) }
        let values = parameters.map { strdup($0.1) }
        defer { for text in keys + values { free(text) } }
        let opened = library.connect(
            keys.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 0)
        guard let opened else { throw Refusal(reason: "libpq has no memory") }
        if library.status(opened) == 0 { return opened }
        defer { library.finish(opened) }
        throw Refusal(reason: reason(opened))
    }

    /// The first line of the library's message, without what it was about.
    private func reason(_ connection: Connection) -> String {
        let text = library.message(connection).map { String(cString: $0) } ?? ""
        let line = text.split(separator: "\n").first.map(String.init) ?? "no answer"
        if line.hasSuffix("Connection refused") { return "connection refused" }
        return String(line.split(separator: ": ").last?.prefix(200) ?? "no answer")
    }
}
