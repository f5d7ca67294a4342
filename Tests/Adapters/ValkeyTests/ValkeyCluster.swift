import Bytes
import Testing

@testable import Valkey

/// A cluster of real servers: primaries that share the slots evenly, and one replica of each when asked for.
struct ValkeyCluster {
    let primaries: [ValkeyServer]
    let replicas: [ValkeyServer]
    private let identifiers: [Int: String]

    init(_ program: String, primaries count: Int = 3, withReplicas: Bool = false) async throws {
        var servers: [ValkeyServer] = []
        for _ in 0..<(withReplicas ? count * 2 : count) { servers.append(try await ValkeyServer(program, cluster: true)) }
        primaries = Array(servers[..<count])
        replicas = Array(servers[count...])
        var identifiers: [Int: String] = [:]
        for (index, server) in servers.enumerated() {
            identifiers[server.port] = try server.ask(["CLUSTER", "MYID"])[0]
            try server.ask(["CLUSTER", "SET-CONFIG-EPOCH", "\(index + 1)"])
            if index > 0 { try server.ask(["CLUSTER", "MEET", "127.0.0.1", "\(servers[0].port)", "\(servers[0].busPort)"]) }
        }
        self.identifiers = identifiers
        for (index, server) in primaries.enumerated() {
            let range = (index * 16384 / count, (index + 1) * 16384 / count - 1)
            try server.ask(["CLUSTER", "ADDSLOTSRANGE", "\(range.0)", "\(range.1)"])
        }
        for (index, replica) in replicas.enumerated() {
            let primary = primaries[index]
            let isReplicating = try await eventually {
                try replica.ask(["CLUSTER", "REPLICATE", identifiers[primary.port] ?? ""])[0] == "OK"
            }
            #expect(isReplicating)
        }
        let isWhole = try await eventually {
            try servers.allSatisfy { server in
                let info = try server.ask(["CLUSTER", "INFO"])[0]
                let rows = try server.ask(["CLUSTER", "SLOTS"])[0]
                return info.contains("cluster_state:ok") && servers.allSatisfy { rows.contains(", \($0.port), ") }
            }
        }
        #expect(isWhole)
    }

    var ports: [Int] { primaries.map(\.port) }

    func identifier(_ server: ValkeyServer) -> String { identifiers[server.port] ?? "" }

    /// The primary that has the key's slot at the beginning.
    func owner(of key: String) -> ValkeyServer { primaries[Int(slot(of: key)) * primaries.count / 16384] }

    func replica(of primary: ValkeyServer) -> ValkeyServer? {
        primaries.firstIndex { $0 === primary }.map { replicas[$0] }
    }

    func other(than server: ValkeyServer) -> ValkeyServer { primaries[0] === server ? primaries[1] : primaries[0] }

    func slot(of key: String) -> UInt16 { key.withByteView { ValkeyHashSlot.of($0) } }

    func end() { for server in primaries + replicas { server.end() } }
}
