public import Documents

/// The flags that are known, immutable; every loop asks the same set.
public final class FlagSet: Sendable {
    /// Bytes of a document of flags.
    public static let maximumBytes = 8 << 20
    /// Flags of one set.
    static let maximumFlags = 10_000

    /// By name.
    public let flags: [String: Flag]
    /// What is wrong with those that are not among them: to whoever asks, such a flag is unknown.
    public let findings: [Finding]

    init(flags: [String: Flag], findings: [Finding]) {
        self.flags = flags
        self.findings = findings
    }

    /// Reads flags as GO Feature Flag writes them: a mapping of names, alone in a file, below `flags` in the relay's answer.
    ///
    /// A flag that cannot be read is a finding and left out; a text that is no such mapping is refused whole.
    public static func read(_ bytes: [UInt8], file: String) -> Result<FlagSet, FlagFault> {
        guard bytes.count <= maximumBytes else { return .failure(FlagFault("\(file) is larger than \(maximumBytes) bytes")) }
        switch SourceDocument.parse(text: bytes, file: file) {
        case .failure(let faults): return .failure(FlagFault(faults.first.map { "\($0)" } ?? "\(file) is no document"))
        case .success(let root):
            if root.isNull { return .success(FlagSet(flags: [:], findings: [])) }
            // A flag may be called so, too.
            let list = root["flags"].map { $0["variations"] == nil ? $0 : root } ?? root
            guard let entries = list.entries else { return .failure(FlagFault("\(file) is no mapping of flags")) }
            guard entries.count <= maximumFlags else { return .failure(FlagFault("\(file) has more than \(maximumFlags) flags")) }
            let findings = FindingList()
            var flags: [String: Flag] = [:]
            for entry in entries {
                let name = entry.key.text ?? ""
                if let flag = FlagReader(name: name, findings: findings).read(entry.value) { flags[name] = flag }
            }
            return .success(FlagSet(flags: flags, findings: findings.all))
        }
    }

    /// Whether the flag is `true` for a subject; false where it is unknown or has no answer.
    /// - Parameter now: milliseconds since 1970.
    public func isOn(_ name: String, _ subject: some FlagSubject, now: Int64) -> Bool {
        flags[name]?.evaluate(subject, now: now)?.isOn ?? false
    }
}

/// Why a document of flags is refused whole, in one sentence.
public struct FlagFault: Error, Sendable, Hashable {
    public let message: String

    public init(_ message: String) { self.message = message }
}
