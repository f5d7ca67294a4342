import Bytes

/// The methods that one event loop serves, by their path: `/package.Service/Method`.
public struct MethodTable {
    enum Method {
        case unary(any UnaryMethod)
        case stream(any StreamMethod)
    }

    private var entries: [(path: [UInt8], method: Method)] = []

    /// A table without methods: every call ends with UNIMPLEMENTED.
    public init() {}

    /// Adds a method; the path begins with a slash.
    public mutating func add(_ path: String, _ method: any UnaryMethod) { entries.append((Array(path.utf8), .unary(method))) }

    /// Adds a method of streams.
    public mutating func add(_ path: String, _ method: any StreamMethod) { entries.append((Array(path.utf8), .stream(method))) }

    /// Names of the services, `package.Service`, each once, in the order they were added.
    public var services: [String] {
        var names: [String] = []
        for entry in entries {
            let name = String(decoding: entry.path.dropFirst().prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// A few methods: comparing them all costs less than a hash.
    func find(_ path: ByteView) -> Method? {
        for index in entries.indices where entries[index].path.count == path.count {
            if entries[index].path.withByteView({ $0 == path }) { return entries[index].method }
        }
        return nil
    }
}
