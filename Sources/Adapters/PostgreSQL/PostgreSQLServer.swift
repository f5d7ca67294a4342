import Foundation
import GatewayCore

/// Where a server is and as whom it is asked, in libpq's words.
struct PostgreSQLServer: Sendable {
    let address: Service.Address
    let user: String?
    let database: String?
    let passwordFile: String?
    let usesTLS: Bool
    let certificateAuthorityFile: String?

    /// Why there are no parameters.
    struct Fault: Error { let reason: String }

    /// Calls `body` with names and values for `PQconnectdbParams`.
    ///
    /// - Parameter password: what the file holds now; nil when it cannot be read.
    func withParameters<Result>(
        password: () -> String?, timeout: Duration, _ body: (LibPQ.Parameters, LibPQ.Parameters) -> Result
    ) throws(Fault) -> Result {
        var parameters = [
            ("host", address.host), ("port", "\(address.port)"), ("application_name", "septem-gateway"),
            // Whole seconds, and at least two, by the library's rules.
            ("connect_timeout", "\(max(2, timeout.components.seconds))"), ("sslmode", usesTLS ? "verify-full" : "disable"),
        ]
        if let user { parameters.append(("user", user)) }
        if let database { parameters.append(("dbname", database)) }
        if let certificateAuthorityFile { parameters.append(("sslrootcert", certificateAuthorityFile)) }
        if let passwordFile {
            guard let secret = password() else { throw Fault(reason: "cannot read the password in \(passwordFile)") }
            parameters.append(("password", secret))
        }
        let keys = parameters.map { strdup($0.0) }
        let values = parameters.map { strdup($0.1) }
        defer { for text in keys + values { free(text) } }
        return body(keys.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil])
    }
}
