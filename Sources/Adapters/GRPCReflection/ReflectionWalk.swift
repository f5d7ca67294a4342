import SwiftProtobuf

/// Which question follows which answer, without I/O: the list of services, the file of each, then the files these import.
///
/// Questions come one at a time. The set is ordered by name, so the same service gives the same bytes.
struct ReflectionWalk {
    enum Question: Hashable {
        case services
        /// A service by its full name.
        case symbol(String)
        /// A file by the name imports give it.
        case file(String)
    }

    enum Answer {
        case services([String])
        /// Serialized `google.protobuf.FileDescriptorProto`.
        case files([[UInt8]])
        /// `code` is a google.rpc.Code.
        case refusal(code: Int, message: String)
    }

    /// gRPC's own services: they are for tools and probes, never behind a route.
    static let ownPackages = ["grpc.reflection.", "grpc.health.", "grpc.channelz."]

    private let limits: ReflectionLimits
    /// What is asked now; nil when there is nothing left to ask.
    private(set) var question: Question? = .services
    /// Everything that was ever to be asked, in order; `next` is the first that was not.
    private var agenda: [Question] = []
    private var next = 0
    private var noted: Set<Question> = []
    private var services: [String] = []
    private var files: [String: [UInt8]] = [:]
    private var byteCount = 0
    private var declared: Set<String> = []

    init(limits: ReflectionLimits) { self.limits = limits }

    /// Takes the answer to `question` and sets the next one.
    mutating func take(_ answer: Answer) throws(ReflectionFault) {
        switch (question, answer) {
        case (.services, .services(let names)): try take(services: names)
        case (.services, .refusal(let code, let message)):
            throw ReflectionFault(.refused, "the list of services was refused with code \(code): \(Self.shown(message))")
        // What is missing is told by `undescribed` or, for an import, by who loads the set.
        case (.symbol, .refusal), (.file, .refusal): break
        case (.symbol, .files(let files)), (.file, .files(let files)): for file in files { try take(file: file) }
        default: throw ReflectionFault(.malformed, "an answer does not fit its question")
        }
        advance()
    }

    /// Services that were listed and whose file the service does not have, by name.
    var undescribed: [String] { services.filter { !declared.contains($0) } }

    /// The files as a serialized `google.protobuf.FileDescriptorSet`, by name.
    var descriptorSet: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount + 8 * files.count)
        for name in files.keys.sorted() {
            guard let file = files[name] else { continue }
            bytes.append(0x0a)
            var length = file.count
            while length >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
                length >>= 7
            }
            bytes.append(UInt8(truncatingIfNeeded: length))
            bytes += file
        }
        return bytes
    }

    private mutating func take(services names: [String]) throws(ReflectionFault) {
        services = Set(names).filter { name in !Self.ownPackages.contains { name.hasPrefix($0) } }.sorted()
        guard !services.isEmpty else {
            throw ReflectionFault(.noServices, "it lists no service beside gRPC's own")
        }
        for service in services { try note(.symbol(service)) }
    }

    private mutating func take(file bytes: [UInt8]) throws(ReflectionFault) {
        byteCount += bytes.count
        guard byteCount <= limits.bytes else { throw ReflectionFault(.tooLarge, "more than \(limits.bytes) bytes of files") }
        guard let file = try? Google_Protobuf_FileDescriptorProto(serializedBytes: bytes, partial: true), !file.name.isEmpty
        else {
            throw ReflectionFault(.malformed, "a file is no FileDescriptorProto")
        }
        guard files[file.name] == nil else { return }
        files[file.name] = bytes
        guard files.count <= limits.files else { throw ReflectionFault(.tooLarge, "more than \(limits.files) files") }
        for name in file.dependency { try note(.file(name)) }
        for service in file.service {
            declared.insert(file.package.isEmpty ? service.name : "\(file.package).\(service.name)")
        }
    }

    private mutating func note(_ question: Question) throws(ReflectionFault) {
        guard noted.insert(question).inserted else { return }
        agenda.append(question)
        guard agenda.count <= limits.questions else {
            throw ReflectionFault(.tooLarge, "more than \(limits.questions) services and imports")
        }
    }

    /// Skips what earlier answers brought along: services of one file, imports sent with the file that names them.
    private mutating func advance() {
        while next < agenda.count {
            let candidate = agenda[next]
            next += 1
            switch candidate {
            case .symbol(let service) where declared.contains(service): continue
            case .file(let name) where files[name] != nil: continue
            default:
                question = candidate
                return
            }
        }
        question = nil
    }

    /// A service's words, cut to what a log line bears.
    static func shown(_ message: String) -> String { String(message.prefix(200)) }
}
