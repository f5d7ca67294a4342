import Bytes
import Foundation
import GatewayCore
import Permissions
import TokenVerification

/// What a loop's directory costs as it fills: bytes a pair of a tenant and its user, and the time of a look at both.
///
/// usage: bench-tenants          a table for 1000, 10 000, 100 000 and 1 000 000 pairs; fails above 300 bytes a pair, or when the
///                               records that are used again and again are found more slowly among a million than among a thousand
final class Answers: FactSource {
    unowned let directory: TenantDirectory
    private let modules = FactPool<ModuleSet>()
    private let permissions = FactPool<HeldPermissions>()

    init(_ directory: TenantDirectory) { self.directory = directory }

    /// Eight sets of modules and of permissions among all, as plans and roles make them.
    func read(_ read: FactRead) {
        let variant = Int(read.tenant.name[read.tenant.name.count - 1]) % 8
        let names = (0...variant).map { Array("module\($0)".utf8) }
        switch read.kind {
        case .modules: directory.settle(read, .modules(modules.value(names)))
        case .permissions: directory.settle(read, .permissions(permissions.value(names.map { $0 + Array(".*".utf8) })))
        default: directory.settle(read, .unanswered)
        }
    }
}

/// One directory with `pairs` tenants of one user each.
struct Subject {
    let directory: TenantDirectory
    private let source: Answers
    private let hash = KeyedHash(seed: 7)
    private let pairs: Int

    init(_ pairs: Int) {
        self.pairs = pairs
        directory = TenantDirectory(hash: hash, records: pairs, isTracked: true)
        source = Answers(directory)
        directory.source = source
        directory.advance(nowMilliseconds: 1000)
        for number in 0..<pairs where !isKnown(number) {
            print("pair \(number) is not known")
            exit(2)
        }
    }

    /// A look at a tenant's modules and a user's permissions, from their names.
    @inline(never)
    func isKnown(_ number: Int) -> Bool {
        // UUIDs, the longest names there are in practice.
        let name = Self.identifier(number)
        return name.withByteView { tenantName in
            guard let tenant = directory.tenant(tenantName, hash: hash(tenantName)) else { return false }
            let user = directory.user(
                tenantName, of: tenant, hash: Identity.userHash(tenant: tenantName, subject: tenantName, hash))
            guard case .known(.some) = directory.modules(of: tenant), case .known(.some) = directory.permissions(of: user) else {
                return false
            }
            return true
        }
    }

    static func identifier(_ number: Int) -> [UInt8] {
        let digits = Array(String(number, radix: 16).utf8)
        return Array("5b0c7c4e-0d8f-4f5e-9a86-".utf8) + [UInt8](repeating: 48, count: 12 - digits.count) + digits
    }

    /// Nanoseconds of a look: at `distinct` pairs spread over all, again and again.
    func lookup(distinct: Int) -> Double {
        let numbers = (0..<distinct).map { $0 * (pairs / distinct) }
        var best = Double.infinity
        for _ in 0..<7 {
            let start = processorTime()
            for _ in 0..<(200_000 / distinct) {
                for number in numbers where !isKnown(number) { exit(2) }
            }
            best = min(best, Double(processorTime() - start) / Double(200_000 / distinct * distinct))
        }
        return best
    }
}

func residentBytes() -> Int {
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
}

/// Prints what one size costs: bytes a pair, and nanoseconds of a look at few and at many.
func measure(_ pairs: Int) {
    let before = residentBytes()
    let subject = Subject(pairs)
    let bytes = Double(residentBytes() - before) / Double(pairs)
    print(bytes, subject.lookup(distinct: 500), subject.lookup(distinct: min(pairs, 200_000)))
}

/// The same by a process of its own, so that no size is made of what another has left.
func cost(_ pairs: Int) throws -> (bytes: Double, hot: Double) {
    let child = Process()
    let output = Pipe()
    child.executableURL = URL(filePath: "/proc/self/exe")
    child.arguments = [String(pairs)]
    child.standardOutput = output
    try child.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    child.waitUntilExit()
    let figures = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    guard figures.count == 3 else { exit(2) }
    print("\(pairs) pairs: \(Int(figures[0])) bytes a pair, \(Int(figures[1])) ns a look at 500, \(Int(figures[2])) ns at many")
    return (figures[0], figures[1])
}

if CommandLine.arguments.count == 2, let pairs = Int(CommandLine.arguments[1]), pairs >= 1000 {
    measure(pairs)
} else {
    let few = try cost(1000)
    for pairs in [10_000, 100_000] { _ = try cost(pairs) }
    let many = try cost(1_000_000)
    // Pages are what is counted: of small tables they say little.
    if many.bytes > 300 || many.hot > few.hot * 1.3 {
        print("FAILED more than 300 bytes a pair, or looks that grow with the number of pairs")
        exit(1)
    }
}
