import ArgumentParser
import Dispatch
import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2

/// The demo platform's Data Layer: `septem.data.v1.DataService` over gRPC, kept in one SQLite file.
@main
struct DemoData: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-data",
        abstract: "Serves septem.data.v1.DataService over gRPC from a SQLite file.")

    @Option(help: "Address to listen on, an IPv4 literal.")
    var host = "127.0.0.1"

    @Option(help: "Port to listen on; 0 takes a free one.")
    var port = 50061

    @Option(help: "SQLite file; it is created when missing.")
    var database: String

    @Flag(help: "Puts a few contacts into an empty database.")
    var sampleData = false

    func run() async throws {
        let store = try RecordStore(path: database)
        if sampleData {
            try await addSampleContacts(to: store)
        }
        let server = GRPCServer(
            transport: .http2NIOPosix(address: .ipv4(host: host, port: port), transportSecurity: .plaintext),
            services: [DataService(store: store)])
        let signals = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { server.beginGracefulShutdown() }
            source.resume()
            return source
        }
        defer { signals.forEach { $0.cancel() } }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await server.serve() }
            if let address = try await server.listeningAddress {
                FileHandle.standardOutput.write(Data("demo-data listening on \(address)\n".utf8))
            }
        }
    }
}

private func addSampleContacts(to store: RecordStore) async throws {
    let contacts = [
        ("ada", #"{"name":"Ada Lovelace","email":"ada@example.com","company":"Analytical Engines","tags":["vip"]}"#),
        ("grace", #"{"name":"Grace Hopper","email":"grace@example.com","company":"Harvard Computation Lab"}"#),
        ("edsger", #"{"name":"Edsger Dijkstra","email":"edsger@example.com","company":"Mathematisch Centrum"}"#),
    ]
    for (id, json) in contacts {
        let key = RecordKey(collection: Collection(tenant: "acme", module: "crm", model: "contacts"), id: id)
        do {
            _ = try await store.create(key, json: json, by: "sample-data")
        } catch StoreFault.alreadyExists {
            continue
        }
    }
}
