import Documents
import GatewayCore
import Logging

/// Tells the log what became of modules.
enum ModuleLog {
    static func write(_ changed: [ModuleReport], removed: [String] = [], to logger: Logger) {
        for slug in removed { logger.notice("module removed", metadata: ["module": "\(slug)"]) }
        for report in changed {
            for finding in report.findings { logger.log(level: finding.severity == .error ? .error : .warning, "\(finding)") }
            let metadata: Logger.Metadata = [
                "module": "\(report.slug)", "served": "\(report.versionServed ?? "none")", "source": "\(report.origin.rawValue)",
            ]
            switch report.state {
            case .served: logger.notice("module served", metadata: metadata)
            case .quarantined: logger.error("module quarantined: its last good version is served", metadata: metadata)
            case .refused: logger.error("module refused: none of its routes are served", metadata: metadata)
            }
        }
    }
}
