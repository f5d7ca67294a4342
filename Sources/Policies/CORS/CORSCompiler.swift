import Bytes
import HTTPSemantics

/// Checks a description and takes it apart; with a fault it is not used.
struct CORSCompiler {
    let description: CORSDescription
    private(set) var faults: [CORSFault] = []
    private(set) var allowsAnyOrigin = false
    private(set) var origins: [[UInt8]] = []
    /// Head and tail together: the first label is missing between them, so no two patterns make the same text.
    private(set) var patterns: [[UInt8]] = []
    private(set) var methods: UInt16 = 0
    private(set) var allowsAnyHeader = false
    private(set) var headers: [[UInt8]] = []

    init(_ description: CORSDescription) {
        self.description = description
        readOrigins()
        readMethods()
        readHeaders("headers", description.headers)
        allowsAnyHeader = description.headers.contains("*")
        headers = description.headers.filter { $0 != "*" }.map { Array($0.utf8) }
        readHeaders("exposed_headers", description.exposedHeaders)
        if !(0...CORSLimits.maximumAgeSeconds).contains(description.maximumAgeSeconds) {
            report(.outOfRange, "max_age", nil, "must lie in 0...\(CORSLimits.maximumAgeSeconds) seconds")
        }
    }

    private mutating func report(_ code: CORSFault.Code, _ member: String, _ index: Int?, _ message: String) {
        guard faults.count < CORSLimits.faults else { return }
        faults.append(CORSFault(code, member, index, message))
    }

    private mutating func readOrigins() {
        for (index, text) in entries("origins", description.origins, limit: CORSLimits.origins, { $0 }) {
            do throws(OriginPattern.Fault) {
                switch try OriginPattern(text) {
                case .any: readAny(index)
                case .exact(let origin): origins.append(origin)
                case .label(let head, let tail): patterns.append(head + tail)
                }
            } catch {
                report(.origin, "origins", index, "\"\(text.prefix(CORSLimits.originBytes))\" \(error.message)")
            }
        }
    }

    private mutating func readAny(_ index: Int) {
        allowsAnyOrigin = true
        if description.origins.count > 1 {
            report(.origin, "origins", index, "\"*\" allows every origin; write it alone, or leave it out")
        }
        if description.allowsCredentials { reportCredentials("origins", index) }
    }

    private mutating func readMethods() {
        for (index, text) in entries("methods", description.methods, limit: Self.methods.count, { $0 }) {
            let method = text.withByteView { RequestMethod(token: $0) }
            if Self.methods.contains(method) {
                methods |= 1 << UInt16(method.rawValue)
            } else {
                let words = Self.methods.map { "\($0.token)" }.joined(separator: ", ")
                report(.method, "methods", index, "\"\(text.prefix(32))\" is no method of a page; write some of \(words)")
            }
        }
    }

    /// What pages may send and routes may have: Fetch forbids TRACE and CONNECT.
    private static let methods: [RequestMethod] = [.get, .head, .post, .put, .patch, .delete, .options]

    private mutating func readHeaders(_ member: String, _ list: [String]) {
        for (index, name) in entries(member, list, limit: CORSLimits.headers, { $0.lowercased() }) {
            let isName = name.utf8.count <= CORSLimits.headerBytes && name.withByteView { ByteClass.token.matches($0) }
            if !isName {
                report(.header, member, index, "\"\(name.prefix(CORSLimits.headerBytes))\" is no name of a header field")
            } else if name == "*", description.allowsCredentials {
                reportCredentials(member, index)
            }
        }
    }

    private mutating func reportCredentials(_ member: String, _ index: Int) {
        report(
            .credentials, member, index,
            "\"*\" means nothing to a browser that sends credentials; name each, or drop \"credentials\"")
    }

    /// The entries of a list that are neither too many nor there already.
    private mutating func entries(
        _ member: String, _ list: [String], limit: Int, _ key: (String) -> String
    ) -> [(Int, String)] {
        if list.count > limit { report(.tooMany, member, nil, "has \(list.count) entries; at most \(limit) are read") }
        var seen: Set<String> = []
        return list.prefix(limit).enumerated().compactMap { index, text in
            if seen.insert(key(text)).inserted { return (index, text) }
            report(.duplicate, member, index, "\"\(text.prefix(CORSLimits.originBytes))\" is there already; remove one")
            return nil
        }
    }
}

extension CORSRules {
    /// Compiles a description; every fault is named, up to `CORSLimits.faults`.
    public static func compile(_ description: CORSDescription) -> Result<CORSRules, CORSFaults> {
        let parts = CORSCompiler(description)
        return parts.faults.isEmpty ? .success(CORSRules(parts)) : .failure(CORSFaults(all: parts.faults))
    }
}

/// Everything that is wrong with a set of rules; at least one fault.
public struct CORSFaults: Error, Sendable, Hashable {
    public let all: [CORSFault]
}
