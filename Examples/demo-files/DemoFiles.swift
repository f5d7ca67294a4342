import ArgumentParser
import Foundation
import Hummingbird

/// The demo platform's Files service: streams files to and from a folder a tenant.
@main
struct DemoFiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-files",
        abstract: "Stores and serves files under /api/v1/files, one folder a tenant.")

    @Option(help: "Address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "Port to listen on.")
    var port = 8091

    @Option(help: "Folder that keeps the files; it is created when missing.")
    var root: String

    func run() async throws {
        let cabinet = try FileCabinet(root: URL(fileURLWithPath: root, isDirectory: true))
        let address = "http://\(host):\(port)"
        let app = Application(
            router: filesRouter(cabinet: cabinet),
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { _ in
                FileHandle.standardOutput.write(Data("demo-files listening on \(address)\n".utf8))
            })
        try await app.runService()
    }
}
