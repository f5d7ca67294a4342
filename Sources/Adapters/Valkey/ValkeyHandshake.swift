import Bytes
import RESP

/// What a new connection says first, all at once, and the answers to that.
struct ValkeyHandshake {
    enum Progress: Equatable {
        case waiting
        case done
        case refused(ValkeyError)
    }

    enum Mode {
        case standalone
        case cluster
        /// A sentinel, or something unheard of.
        case other
    }

    let endpoint: ValkeyEndpoint
    let name: String
    /// Whether the server is to answer reads although it is a replica of a cluster.
    let readsFromReplica: Bool
    /// Nil for connections that track nothing.
    let prefixes: [String]?

    /// From the answer to HELLO.
    private(set) var mode = Mode.other
    private(set) var isPrimary = false
    private var answers = 0

    init(endpoint: ValkeyEndpoint, name: String, readsFromReplica: Bool = false, prefixes: [String]? = nil) {
        self.endpoint = endpoint
        self.name = name
        self.readsFromReplica = readsFromReplica
        self.prefixes = prefixes
    }

    private var commands: Int { 1 + (endpoint.database > 0 ? 1 : 0) + (readsFromReplica ? 1 : 0) + (prefixes == nil ? 0 : 1) }

    func write(to output: ByteWriter) {
        output.beginRESPCommand(parts: 4 + (endpoint.password == nil ? 0 : 3))
        output.appendRESP("HELLO")
        output.appendRESP("3")
        if let password = endpoint.password {
            output.appendRESP("AUTH")
            output.appendRESP(utf8: endpoint.user ?? "default")
            output.appendRESP(utf8: password.text)
        }
        output.appendRESP("SETNAME")
        output.appendRESP(utf8: name)
        if endpoint.database > 0 {
            output.beginRESPCommand(parts: 2)
            output.appendRESP("SELECT")
            output.appendRESP(decimal: Int64(endpoint.database))
        }
        if readsFromReplica {
            output.beginRESPCommand(parts: 1)
            output.appendRESP("READONLY")
        }
        guard let prefixes else { return }
        output.beginRESPCommand(parts: 4 + 2 * prefixes.count)
        output.appendRESP("CLIENT")
        output.appendRESP("TRACKING")
        output.appendRESP("ON")
        output.appendRESP("BCAST")
        for prefix in prefixes {
            output.appendRESP("PREFIX")
            output.appendRESP(utf8: prefix)
        }
    }

    /// Takes one answer.
    mutating func receive(_ value: RESPValue) -> Progress {
        if value.isError { return .refused(value.content.map { ValkeyServerError($0).error } ?? .protocolViolation) }
        if answers == 0 {
            guard value["proto"]?.integer == 3 else { return .refused(.protocolViolation) }
            mode = Self.mode(value["mode"]?.string)
            isPrimary = value["role"]?.string.map { $0 == "master" } ?? false
        }
        answers += 1
        return answers == commands ? .done : .waiting
    }

    private static func mode(_ text: ByteView?) -> Mode {
        guard let text else { return .other }
        return text == "standalone" ? .standalone : text == "cluster" ? .cluster : .other
    }
}
