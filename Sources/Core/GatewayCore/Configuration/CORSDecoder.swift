import Bytes
import CORS
import Documents
import HTTPSemantics

/// Reads `cors`.
struct CORSDecoder {
    let findings: FindingList

    /// Tenants, and hosts, of one configuration; a platform with more has them in its store.
    static let maximumEntries = 10_000

    func decode(_ reader: DocumentReader) -> PlatformConfiguration.CORS {
        var cors = PlatformConfiguration.CORS()
        cors.standard = reader.section("default", rules)
        let tenants = reader.section("tenants") { tenants in
            limited(tenants.node.entries ?? [], "tenants", tenants.node).map { entry in
                let name = entry.key.text ?? ""
                checkTenant(name, at: entry.key)
                return (name, tenants.section(name, recordedAs: "*", required: true, rules))
            }
        }
        cors.tenants = Dictionary(
            (tenants ?? []).compactMap { name, rules in rules.map { (name, $0) } }, uniquingKeysWith: { $1 })
        for (key, value) in limited(reader.named("hosts") ?? [], "hosts", reader.node) { readHost(key, value, into: &cors) }
        return cors
    }

    private func rules(_ reader: DocumentReader) -> CORSDescription {
        var rules = CORSDescription(origins: reader.strings("origins", required: true) ?? [])
        if let methods = reader.strings("methods") { rules.methods = methods }
        if let headers = reader.strings("headers") { rules.headers = headers }
        if let exposed = reader.strings("exposed_headers") { rules.exposedHeaders = exposed }
        if let allows = reader.bool("credentials") { rules.allowsCredentials = allows }
        if let seconds = reader.integer("max_age", in: 0...CORSLimits.maximumAgeSeconds) { rules.maximumAgeSeconds = seconds }
        if case .failure(let faults) = CORSRules.compile(rules) {
            for fault in faults.all { report(fault, in: reader.node) }
        }
        // A page in a sandbox of any site has this origin.
        if rules.allowsCredentials, let index = rules.origins.firstIndex(of: "null") {
            findings.warning(
                "cors-null", at: node("origins", index, reader.node),
                "every site can make pages of the origin \"null\"; with credentials they act for the user")
        }
        return rules
    }

    private func report(_ fault: CORSFault, in rules: SourceNode) {
        let subject = fault.index == nil ? "\"\(fault.member)\" " : ""
        findings.error(fault.code.rawValue, at: node(fault.member, fault.index, rules), subject + fault.message)
    }

    private func node(_ member: String, _ index: Int?, _ rules: SourceNode) -> SourceNode {
        guard let list = rules[member] else { return rules }
        guard let index, let elements = list.elements, elements.indices.contains(index) else { return list }
        return elements[index]
    }

    private func readHost(_ key: SourceNode, _ value: SourceNode, into cors: inout PlatformConfiguration.CORS) {
        let host = (key.text ?? "").lowercased()
        guard host.withByteView({ Authority.hostLength($0) == $0.count }) else {
            return findings.error(
                "cors-host", at: key, "\"\(key.text ?? key.noun)\" is no host such as app.example.com; leave scheme and port out")
        }
        guard let tenant = value.string else {
            return findings.error("wrong-type", at: value, "a host stands for the name of a tenant, found \(value.noun)")
        }
        checkTenant(tenant, at: value)
        if cors.hosts.updateValue(tenant, forKey: host) != nil {
            findings.error("duplicate-name", at: key, "the host \"\(host)\" has a tenant already; remove one")
        }
    }

    private func limited(
        _ entries: [(key: SourceNode, value: SourceNode)], _ member: String, _ node: SourceNode
    ) -> [(key: SourceNode, value: SourceNode)] {
        if entries.count > Self.maximumEntries {
            findings.error(
                "cors-too-many", at: node, "\"\(member)\" has \(entries.count) entries; at most \(Self.maximumEntries) are read")
        }
        return Array(entries.prefix(Self.maximumEntries))
    }

    private func checkTenant(_ name: String, at node: SourceNode) {
        if !TenantName.isValid(name) { findings.error("tenant-name", at: node, TenantName.rule) }
    }
}

extension CORSPolicy {
    /// Rules that were checked when they were read; one that is wrong all the same allows nothing.
    convenience init(_ cors: PlatformConfiguration.CORS) {
        func compiled(_ description: CORSDescription) -> CORSRules { (try? CORSRules.compile(description).get()) ?? .nothing }
        self.init(
            standard: cors.standard.map(compiled),
            tenants: cors.tenants.map { (Array($0.key.utf8), compiled($0.value)) },
            hosts: cors.hosts.map { (Array($0.key.utf8), Array($0.value.utf8)) })
    }
}
