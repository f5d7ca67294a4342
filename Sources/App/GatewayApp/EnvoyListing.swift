import Bytes
import ControlPlane
import Discovery
import EnvoyEdge
import Health
import JSON

/// The Envoys in front, in JSON, for `/health` and for metrics.
struct EnvoyListing {
    /// Names that a line of `/health` holds.
    private static let mostNames = 5

    let members: [EnvoyFleet.Member]
    let counts: EnvoyFleet.Counts
    let report: EnvoyDirector.Report
    let grace: Duration

    init(_ fleet: EnvoyFleet, _ report: EnvoyDirector.Report, grace: Duration) {
        members = fleet.members
        counts = fleet.counts
        self.report = report
        self.grace = grace
    }

    /// The component `envoy` of `/health`: degraded while something is withheld, or an Envoy does not follow.
    var component: ComponentStatus {
        var faults: [String] = []
        if !report.culprits.isEmpty {
            faults.append("withheld from Envoys: " + Self.names(report.culprits.map(\.owner)))
        }
        let broken = members.filter { $0.isBroken(grace: grace) }
        if !broken.isEmpty { faults.append("behind: " + Self.names(broken.map { $0.node.id.isEmpty ? $0.peer : $0.node.id })) }
        return .reported(
            "envoy", faults.isEmpty ? .healthy : .degraded, error: faults.isEmpty ? nil : faults.joined(separator: "; "),
            isCritical: false)
    }

    private static func names(_ all: [String]) -> String {
        let rest = all.count - mostNames
        return all.prefix(mostNames).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    /// `{"generation", "resources":[…], "envoys":[…], "withheld":[…]}`.
    var json: String {
        let out = ByteWriter()
        out.append(utf8: "{\"generation\":\(report.set.generation),\"resources\":")
        out.append(objects: DiscoveryKind.allCases.flatMap { report.set.resources($0) }) { resource in
            out.append(member: "kind", resource.kind.abbreviation)
            out.append(member: "name", resource.name)
            out.append(member: "version", resource.version)
            out.append(utf8: ",\"bytes\":\(resource.bytes.count)")
        }
        out.append(",\"envoys\":")
        out.append(objects: members) { append($0, out) }
        out.append(",\"withheld\":")
        out.append(objects: report.culprits) { culprit in
            out.append(member: "part", culprit.owner)
            out.append(member: "kind", culprit.kind.abbreviation)
            out.append(member: "node", culprit.node)
            out.append(member: "words", culprit.message)
            out.append(utf8: ",\"former\":\(culprit.instead != nil)")
        }
        out.append("}")
        return String(out.view)
    }

    private func append(_ member: EnvoyFleet.Member, _ out: ByteWriter) {
        out.append(member: "node", member.node.id)
        out.append(member: "cluster", member.node.cluster)
        out.append(member: "peer", member.peer)
        out.append(member: "variant", member.variant.rawValue)
        out.append(utf8: ",\"connectedSeconds\":\(Int((ContinuousClock.now - member.connected) / .seconds(1)))")
        out.append(utf8: ",\"synchronized\":\(member.behind == nil)")
        out.append(utf8: ",\"generation\":\(member.generation.map(String.init) ?? "null"),\"kinds\":")
        out.append(objects: member.kinds) { kind in
            out.append(member: "kind", kind.kind.abbreviation)
            if let sent = kind.sent { out.append(member: "sent", sent) }
            if let accepted = kind.accepted { out.append(member: "accepted", accepted) }
            out.append(utf8: ",\"waiting\":\(kind.isWaiting)")
            if let refusal = kind.refusal { out.append(member: "refusal", refusal) }
        }
    }
}
