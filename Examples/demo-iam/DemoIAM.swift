import ArgumentParser
import Foundation
import Hummingbird

/// A stand-in for the platform's IAM: it issues ES256 tokens for a handful of built-in users and publishes the keys.
///
/// It asks for no password and lets anyone rotate the keys, so it binds to loopback and belongs in a demo only.
@main
struct DemoIAM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-iam",
        abstract: "Issues demo tokens (POST /token) and serves their keys (GET /.well-known/jwks.json).")

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

    func run() async throws {
        let store = try KeyStore(folder: URL(fileURLWithPath: keys, isDirectory: true))
        let minter = TokenMinter(issuer: issuer, audience: audience)
        let address = "http://\(host):\(port)"
        let app = Application(
            router: iamRouter(store: store, minter: minter),
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { _ in
                FileHandle.standardOutput.write(Data("demo-iam listening on \(address)\n".utf8))
            })
        try await app.runService()
    }
}
