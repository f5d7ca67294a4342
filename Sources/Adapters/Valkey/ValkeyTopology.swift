import Bytes
import RESP

/// Who owns which slots of a cluster, as one of its members sees it (`CLUSTER SLOTS`).
struct ValkeyTopology {
    struct Shard: Equatable {
        var primary: ValkeyAddress
        var replicas: [ValkeyAddress]
    }

    static let noShard = UInt16.max

    private(set) var shards: [Shard] = []
    /// The index of each slot's shard; `noShard` where nobody has the slot.
    private(set) var owners = [UInt16](repeating: Self.noShard, count: ValkeyHashSlot.count)

    /// Nil when the answer is not of the form the commands' documentation gives it, or names more than `limit` servers.
    ///
    /// A server that does not know its own name leaves it out; it is reached as `sender` then.
    init?(_ value: RESPValue, from sender: ValkeyAddress, limit: Int) {
        guard value.kind == .array else { return nil }
        var indexes: [ValkeyAddress: Int] = [:]
        var servers = 0
        for row in value.children {
            guard let first = row[0]?.integer, let last = row[1]?.integer, let primary = row[2],
                first >= 0, first <= last, last < ValkeyHashSlot.count
            else { return nil }
            // A server whose name nobody knows yet cannot be asked.
            guard let address = Self.address(primary, sender) else { continue }
            let index = indexes[address] ?? shards.count
            if index == shards.count {
                let replicas = row.children.dropFirst(3).compactMap { Self.address($0, sender) }
                servers += 1 + replicas.count
                guard servers <= limit else { return nil }
                indexes[address] = index
                shards.append(Shard(primary: address, replicas: replicas))
            }
            for slot in first...last { owners[Int(slot)] = UInt16(index) }
        }
    }

    private static func address(_ node: RESPValue, _ sender: ValkeyAddress) -> ValkeyAddress? {
        guard let host = node[0], let port = node[1]?.integer, 1...65535 ~= port else { return nil }
        if let name = host.string, !name.isEmpty {
            return name == "?" ? nil : ValkeyAddress(host: String(name), port: Int(port))
        }
        return host.isNull || host.string != nil ? ValkeyAddress(host: sender.host, port: Int(port)) : nil
    }
}

/// Where a `MOVED` or `ASK` error sends a command.
struct ValkeyRedirect: Equatable {
    let slot: UInt16
    let address: ValkeyAddress

    /// Reads what follows the first word: `3999 127.0.0.1:6381`. Without a host it is the sender's.
    init?(_ text: ByteView, from sender: ValkeyAddress) {
        guard let space = text.firstIndex(of: 0x20), let slot = Self.number(text[0, space]), slot < ValkeyHashSlot.count,
            let colon = Self.lastColon(text, from: space + 1), let port = Self.number(text[colon + 1, text.count]),
            1...65535 ~= port
        else { return nil }
        let host = text[space + 1, colon]
        self.slot = UInt16(slot)
        address = ValkeyAddress(host: host.isEmpty ? sender.host : String(host), port: port)
    }

    private static func lastColon(_ text: ByteView, from start: Int) -> Int? {
        var found: Int?
        var next = text.firstIndex(of: UInt8(ascii: ":"), from: start)
        while let at = next {
            found = at
            next = text.firstIndex(of: UInt8(ascii: ":"), from: at + 1)
        }
        return found
    }

    private static func number(_ text: ByteView) -> Int? {
        guard 1...5 ~= text.count else { return nil }
        var value = 0
        for index in 0..<text.count {
            guard ASCII.isDigit(text[index]) else { return nil }
            value = value * 10 + Int(text[index] - 48)
        }
        return value
    }
}
