import Foundation

/// The folder that holds a gateway's records until a sink has them. One process has it at a time.
final class SpoolFolder: Sendable {
    let path: String
    private let lock: Int32

    static let ringPrefix = "ring-"
    static let segmentPrefix = "segment-"
    static let suffix = ".log"
    static let lockName = "lock"

    /// Makes the folder if it is not there, and takes it.
    init(_ path: String) throws(SpoolFault) {
        self.path = path
        var place = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            place += place.isEmpty || place.hasSuffix("/") ? String(part) : "/\(part)"
            // What is there already may be in a folder that only others may write to.
            guard mkdir(place, 0o700) == 0 || access(place, F_OK) == 0 else { throw .last("create", place) }
        }
        let name = "\(path)/\(Self.lockName)"
        lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw .last("open", name) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let isTaken = errno == EWOULDBLOCK
            let fault = SpoolFault.last("lock", name)
            close(lock)
            throw isTaken ? .inUse(path) : fault
        }
    }

    deinit { close(lock) }

    func ring(_ loop: Int) -> String { "\(path)/\(Self.ringPrefix)\(loop)\(Self.suffix)" }

    func segment(_ number: UInt64) -> String { Self.segment(number, in: path) }

    static func segment(_ number: UInt64, in folder: String) -> String {
        let digits = String(number)
        return "\(folder)/\(segmentPrefix)\(String(repeating: "0", count: max(0, 12 - digits.count)))\(digits)\(suffix)"
    }

    /// Paths of the rings in a folder.
    static func rings(in folder: String) throws(SpoolFault) -> [String] {
        try names(in: folder).filter { number(of: $0, ringPrefix) != nil }.sorted().map { "\(folder)/\($0)" }
    }

    /// Numbers of the segments in a folder, oldest first.
    static func segments(in folder: String) throws(SpoolFault) -> [UInt64] {
        try names(in: folder).compactMap { number(of: $0, segmentPrefix) }.sorted()
    }

    private static func number(of name: String, _ prefix: String) -> UInt64? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
        return UInt64(name.dropFirst(prefix.count).dropLast(suffix.count))
    }

    private static func names(in folder: String) throws(SpoolFault) -> [String] {
        guard let stream = opendir(folder) else { throw .last("list", folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }
}
