/// Collects the findings of one load; confined to the task that loads.
public final class FindingList {
    /// Findings kept: more help nobody, and a hostile document must not fill memory with them.
    public static let maximumCount = 1000

    /// In the order they were found, each once: what many operations share is not wrong many times.
    public private(set) var all: [Finding] = []
    /// Findings beyond `maximumCount` that were counted and not kept.
    public private(set) var dropped = 0
    /// Errors reported, kept or not.
    public private(set) var errorCount = 0
    private var kept: Set<Finding> = []
    /// Warnings in `all`.
    private var warningCount = 0

    public init() {}

    public var hasErrors: Bool { errorCount > 0 }
    /// Whether further findings are only counted, so that nobody works on their words.
    public var isFull: Bool { all.count >= Self.maximumCount }

    public func report(_ finding: Finding) {
        guard !kept.contains(finding) else { return }
        if finding.severity == .error { errorCount += 1 }
        if isFull {
            dropped += 1
            // An error is worth more than a warning: a document must not be refused without a word why.
            guard finding.severity == .error, warningCount > 0,
                let warning = all.lastIndex(where: { $0.severity == .warning })
            else { return }
            kept.remove(all.remove(at: warning))
            warningCount -= 1
        }
        if finding.severity == .warning { warningCount += 1 }
        kept.insert(finding)
        all.append(finding)
    }

    public func report(_ findings: [Finding]) {
        for finding in findings { report(finding) }
    }

    /// Reports an error at the place of `node`.
    public func error(_ code: String, at node: SourceNode, _ message: String) {
        report(Finding(at: node, code: code, message: message))
    }

    /// Reports a warning at the place of `node`.
    public func warning(_ code: String, at node: SourceNode, _ message: String) {
        report(Finding(severity: .warning, at: node, code: code, message: message))
    }
}
