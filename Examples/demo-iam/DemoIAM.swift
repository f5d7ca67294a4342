import ArgumentParser
import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2
import Hummingbird

/// A stand-in for the platform's IAM and Billing: it issues ES256 tokens for a handful of built-in users and publishes the keys,
/// and answers over gRPC what its users hold and which plans its tenants have.
///
/// It asks for no password and lets anyone rotate the keys and change roles and plans, so it binds to loopback and belongs in a
/// demo only.
@main
struct DemoIAM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-iam",
        abstract: "Issues demo tokens (POST /token), serves their keys (GET /.well-known/jwks.json), and says over gRPC who may "
            + "do what (septem.iam.v1.PermissionService) and who has paid for what (septem.billing.v1.PlanService).")

    @Option(help: "Address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "Port to listen on.")
    var port = 8092

    @Option(help: "Folder that keeps the signing keys, so that tokens survive a restart.")
    var keys: String

    @Option(help: "The token's `iss` claim.")
    var issuer = "http://127.0.0.1:8092"

    @Option(help: "The token's `aud` claim.")
    var audience = "platform-kernel"

    @Option(help: "Port for gRPC, on an IPv4 literal as host; 0 takes a free one, without it there is no gRPC.")
    var grpcPort: Int?

    @Option(help: "Valkey whose keys rbac:{tenant}:{user} and plan_info:{tenant} are deleted when what they copy has changed.")
    var valkey: String?

    func run() async throws {
        let store = try KeyStore(folder: URL(fileURLWithPath: keys, isDirectory: true))
        let directory = Directory()
        let cache: PlatformCache? = if let valkey { try await PlatformCache.connect(url: valkey) } else { nil }
        let minter = TokenMinter(issuer: issuer, audience: audience)
        let address = "http://\(host):\(port)"
        let app = Application(
            router: iamRouter(store: store, minter: minter, directory: directory, cache: cache),
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { _ in Self.print("demo-iam listening on \(address)") })
        guard let grpcPort else { return try await app.runService() }
        let server = GRPCServer(
            transport: .http2NIOPosix(address: .ipv4(host: host, port: grpcPort), transportSecurity: .plaintext),
            services: [PermissionService(directory: directory), PlanService(directory: directory)])
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await server.serve() }
            if let address = try await server.listeningAddress { Self.print("demo-iam listening on \(address)") }
            // Ends with SIGTERM or SIGINT.
            try await app.runService()
            server.beginGracefulShutdown()
        }
    }

    private static func print(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
