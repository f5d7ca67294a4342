import Bytes
import Documents
import OpenAPI

/// Reads `services`.
struct ServiceDecoder {
    let findings: FindingList
    let overrides: EnvironmentOverrides

    /// Addresses of one service; more belong behind a name or a balancer.
    static let maximumAddresses = 64

    func decode(_ root: DocumentReader) -> [PlatformConfiguration.Upstream] {
        let services = root.sections("services", service) ?? []
        UniqueNames(findings: findings).check(root.node["services"], key: "name")
        if services.isEmpty, root.node.entries != nil, root.node["services"]?.elements?.isEmpty ?? true {
            findings.warning("no-services", at: root.node, "without \"services\" there is nothing to forward to")
        }
        return services
    }

    private func service(_ reader: DocumentReader) -> PlatformConfiguration.Upstream? {
        let name = name(reader)
        let transport = reader.choice("protocol", ["http": Service.Transport.http, "grpc": .grpc], required: true)
        var service = PlatformConfiguration.Upstream(
            name: name ?? "", transport: transport ?? .http, addresses: Self.addresses(reader, findings),
            tls: reader.section("tls") { Self.tls($0, findings) },
            openAPI: reader.file("openapi"), descriptors: descriptors(reader))
        if service.transport == .grpc, let timeout = overrides.grpcTimeout { service.timeout = timeout }
        func take<Value>(_ value: Value?, _ path: WritableKeyPath<PlatformConfiguration.Upstream, Value>) {
            if let value { service[keyPath: path] = value }
        }
        take(reader.bool("required"), \.isRequired)
        take(reader.duration("connect_timeout", in: ConfigurationBounds.timeout), \.connectTimeout)
        take(reader.duration("timeout", in: ConfigurationBounds.timeout), \.timeout)
        take(reader.duration("idle_timeout", in: ConfigurationBounds.timeout), \.idleTimeout)
        take(reader.integer("max_connections", in: 1...65535), \.maximumConnections)
        service.maximumBodyBytes = reader.size("max_body", in: ConfigurationBounds.bodyBytes)
        validation(reader, &service)
        take(reader.bool("forward_authorization"), \.forwardsAuthorization)
        service.policy = CallPolicyDecoder.decode(reader)
        service.ignoresUnknownParameters = transport == .http
        take(reader.choice("unknown_parameters", ["refuse": false, "ignore": true]), \.ignoresUnknownParameters)
        take(reader.bool("grpc_clients"), \.takesGRPCClients)
        if service.takesGRPCClients, transport == .http, let node = reader.node["grpc_clients"] {
            findings.error("grpc-clients-of-http", at: node, "clients can speak gRPC to a gRPC service alone; remove it")
        }
        guard name != nil, let transport else { return nil }
        requireDocuments(reader, transport)
        return service
    }

    private func name(_ reader: DocumentReader) -> String? {
        guard let name = reader.string("name", required: true) else { return nil }
        if NamePart.isValid(name) { return name }
        findings.error(
            "name", at: reader.node["name"] ?? reader.node,
            "a name is 1 to 64 letters, digits, hyphens and underscores: it becomes a label of metrics")
        return nil
    }

    private func descriptors(_ reader: DocumentReader) -> PlatformConfiguration.Descriptors? {
        guard reader.node["descriptors"]?.string != PlatformConfiguration.Descriptors.reflectionWord else {
            _ = reader.string("descriptors")
            return .reflection
        }
        return reader.file("descriptors").map { .file($0) }
    }

    static func addresses(_ reader: DocumentReader, _ findings: FindingList) -> [Service.Address] {
        guard let nodes = reader.list("addresses", required: true) else { return [] }
        guard (1...maximumAddresses).contains(nodes.count) else {
            findings.error(
                "empty-list", at: reader.node["addresses"] ?? reader.node, "name 1 to \(maximumAddresses) addresses")
            return []
        }
        return nodes.compactMap { DocumentReader.address($0, findings) }
    }

    static func tls(_ reader: DocumentReader, _ findings: FindingList) -> Service.ClientTLS? {
        let authority = reader.file("ca")
        let name = reader.string("server_name")
        let isInsecure = reader.bool("insecure") ?? false
        if isInsecure, let node = reader.node["insecure"] {
            findings.warning("insecure-tls", at: node, "the certificate of this service is not checked; use \"ca\" instead")
        }
        return Service.ClientTLS(certificateAuthorityFile: authority, serverName: name, isInsecure: isInsecure)
    }

    private func validation(_ reader: DocumentReader, _ service: inout PlatformConfiguration.Upstream) {
        let chosen = reader.section("validation") {
            ($0.choice("request", ValidationMode.words), $0.choice("response", ValidationMode.words))
        }
        if let request = chosen?.0 { service.requestValidation = request }
        if let response = chosen?.1 { service.responseValidation = response }
    }

    private func requireDocuments(_ reader: DocumentReader, _ transport: Service.Transport) {
        switch transport {
        case .http where reader.node["openapi"] == nil:
            findings.error(
                "missing-key", at: reader.node,
                "the key \"openapi\" is required here: an HTTP service has no other routes; add it")
        case .grpc where reader.node["descriptors"] == nil:
            findings.error(
                "missing-key", at: reader.node,
                "the key \"descriptors\" is required here: the file of protoc --include_imports --descriptor_set_out, or reflection"
            )
        default: break
        }
    }
}
