public import Documents

/// The platform's configuration: one YAML file, with settings of the environment put over it.
///
/// Complete: every default is filled in and every relative file is resolved against the folder of the configuration file.
/// docs/configuration.md lists the keys, docs/gateway.schema.json is their JSON Schema.
public struct PlatformConfiguration: Sendable, Hashable {
    /// Where clients connect, with HTTP/1.1 or HTTP/2.
    public var listen: Listener
    /// Where operators connect: metrics, state.
    public var admin: Admin
    /// Event loops; nil for one a core.
    public var loops: Int?
    public var logLevel: LogLevel
    public var limits: Limits
    /// Networks whose `Forwarded` and `X-Forwarded-*` are believed; empty believes nobody.
    public var trustedProxies: [AddressRange]
    /// Who may issue tokens; empty lets only public operations answer.
    public var issuers: [Issuer]
    /// Permissions each role stands for, by role: `*`, `module.*` or `module.resource.action`.
    public var rolePermissions: [String: [String]]
    public var iam: IAM
    /// Nil leaves plans unchecked.
    public var billing: Billing?
    public var rateLimits: RateLimits
    /// Roles that may read `/health`.
    public var adminRoles: [String]
    /// In file order; names are unique.
    public var services: [Upstream]
    public var problems: Problems
    public var health: HealthChecks
    public var batch: Batch
    /// The store of tenants; nil when `tenants` says all there is to know.
    public var valkey: Valkey?
    /// What is known of each tenant without such a store.
    public var tenants: [String: Tenant]
    /// Nil leaves pages of other origins to the services.
    public var cors: CORS?
    /// Where modules come from.
    public var modules: Modules
    /// Nil without Envoys in front: clients connect to the gateway itself.
    public var envoy: Envoy?
    /// Nil keeps no trail of calls.
    public var audit: Audit?
    /// Versions of the API, and where deprecated ones are kept.
    public var versions: Versions
    /// Nil where every flag is off.
    public var flags: Flags?

    /// How much the log says.
    public enum LogLevel: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// How problem documents are written.
    public struct Problems: Sendable, Hashable {
        /// What the slug is appended to in `type`; ends with a slash.
        public var baseURL: String
        /// Whether the gateway itself has the pages that `type` names.
        public var servesPages = true

        /// Path of the list of pages, without a slash at its end; nil when they are not served, or would be the root's own.
        public var pagesPath: String? {
            guard servesPages, let scheme = baseURL.firstRange(of: "://") else { return nil }
            let rest = baseURL[scheme.upperBound...]
            guard let slash = rest.firstIndex(of: "/") else { return nil }
            let path = rest[slash...].prefix { $0 != "?" && $0 != "#" }.dropLast()
            return path.isEmpty ? nil : String(path)
        }

        public static let defaultBaseURL = "https://septemcore.com/problems/"
    }
}

extension PlatformConfiguration {
    /// What loading came to.
    public struct LoadOutcome: Sendable {
        /// Nil when there is an error among the findings.
        public let configuration: PlatformConfiguration?
        /// Errors and warnings in the order they were found.
        public let findings: [Finding]
    }

    /// Loads the configuration file and puts the environment over it.
    ///
    /// Only this file is read: documents, descriptors, certificates and key sets are read by what compiles them.
    /// - Parameters:
    ///   - file: path of the YAML file, as findings name it.
    ///   - environment: variables by name; see `EnvironmentOverrides` for those that count.
    ///   - source: reads the file.
    public static func load(file: String, environment: [String: String], source: FileSource) -> LoadOutcome {
        load(file: file, environment: environment, source: source, recorder: nil)
    }

    static func load(
        file: String, environment: [String: String], source: FileSource, recorder: KeyRecorder?
    ) -> LoadOutcome {
        let findings = FindingList()
        switch source.document(file) {
        case .failure(let faults): return LoadOutcome(configuration: nil, findings: faults)
        case .success(let root):
            let overrides = EnvironmentOverrides(environment, findings: findings)
            let expanded = root.expandingVariables(environment, findings: findings)
            let reader = DocumentReader(expanded, findings: findings, recorder: recorder)
            let configuration = ConfigurationDecoder(findings: findings, overrides: overrides).decode(reader)
            return LoadOutcome(configuration: findings.hasErrors ? nil : configuration, findings: findings.all)
        }
    }
}
