import Bytes
import Foundation
public import GatewayCore
import JSON

/// The modules as operators see them, in text and JSON.
public struct ModuleListing {
    private let reports: [ModuleReport]

    public init(_ reports: [ModuleReport]) { self.reports = reports }

    /// Columns aligned for people, each finding on a line of its own below.
    public var text: String {
        let rows = reports.map {
            [$0.slug, $0.state.rawValue, $0.versionServed ?? "-", $0.versionWanted ?? "-", $0.origin.rawValue, $0.title ?? ""]
        }
        let findings = reports.flatMap(\.findings).map { "\($0)" }
        return ([TextTable.render(rows)] + findings).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// `{"modules":[{slug, title, state, served, wanted, source, since, operations, findings}]}`; what is unknown is null.
    public var json: String {
        let out = ByteWriter()
        out.append("{\"modules\":")
        out.append(objects: reports) { report in
            out.append(member: "slug", report.slug)
            append("title", report.title, to: out)
            out.append(member: "state", report.state.rawValue)
            append("served", report.versionServed, to: out)
            append("wanted", report.versionWanted, to: out)
            out.append(member: "source", report.origin.rawValue)
            out.append(member: "since", Date(timeIntervalSince1970: TimeInterval(report.since)).ISO8601Format())
            out.append(member: "operations", report.operations)
            out.append(",")
            FindingListing(report.findings).append(to: out)
        }
        out.append("}")
        return String(out.view)
    }

    private func append(_ name: StaticString, _ text: String?, to out: ByteWriter) {
        if let text { return out.append(member: name, text) }
        out.append(",\"")
        out.append(name)
        out.append("\":null")
    }
}
