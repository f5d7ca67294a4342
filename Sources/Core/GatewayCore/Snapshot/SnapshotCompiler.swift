public import Documents
import HTTP1
import HTTPSemantics
import OpenAPI
import Permissions
import ProblemDetails
import Protobuf
import RateLimiting
import Routing
import Transcoding

/// Turns a configuration and the documents it names into a snapshot, collecting every finding on the way.
///
/// The same code serves `gateway check`, the start, and every reload: what is refused there is refused here. Each service is
/// compiled by itself: one whose documents are wrong is quarantined and harms no other.
public struct SnapshotCompiler {
    /// What compilation answers.
    public struct Outcome: Sendable {
        /// Nil when the configuration itself cannot be served. With errors in documents there is one, without what these say.
        public let snapshot: Snapshot?
        /// What modules are put beside; nil exactly when `snapshot` is.
        public let platform: PlatformPart?
        public let findings: [Finding]
        /// What the services were compiled from, for the next compilation to fall back on.
        public let documents: ServiceDocuments
    }

    /// What the operations of one service are compiled from.
    struct Material {
        let service: Service
        let upstream: PlatformConfiguration.Upstream
        let codecs: CodecPool?
        let annotations: AnnotationIndex
    }

    let configuration: PlatformConfiguration
    let file: String
    let source: FileSource
    /// Where operations begin to be counted.
    private let firstOperation: Int
    let findings = FindingList()
    private var serviceFindings: [Finding] = []
    private var documents = ServiceDocuments()
    private var quarantined: [Quarantine] = []
    var builder = RouteTableBuilder()
    var operations: [Operation] = []
    /// By route: where a conflict is reported.
    var places: [RoutePlace] = []
    /// By route: what it matches.
    var templates: [(template: PathTemplate, method: RouteMethod)] = []
    private var taken: [RouteKey: Int] = [:]
    /// The module that all operations belong to; nil for the platform's own.
    let module: String?

    init(
        _ configuration: PlatformConfiguration, file: String, source: FileSource, firstOperation: Int = 0, module: String? = nil
    ) {
        self.configuration = configuration
        self.file = file
        self.source = source
        self.firstOperation = firstOperation
        self.module = module
    }

    /// - Parameters:
    ///   - file: The configuration's own path, for findings that have no better place.
    ///   - earlier: What services were compiled from before: a service whose documents are wrong now is served by these.
    public static func compile(
        _ configuration: PlatformConfiguration, file: String, source: FileSource, generation: UInt64,
        earlier: ServiceDocuments = ServiceDocuments()
    ) -> Outcome {
        var compiler = SnapshotCompiler(configuration, file: file, source: source)
        let whole = compiler.run(generation, earlier)
        let documents = compiler.documents
        let part = compiler.part(whole.services, configuration.services) { service in
            documents.files[service].map { files in
                FileSource { files[$0] ?? .failure(FileSource.Fault("it was not read when the service was compiled")) }
            }
        }
        let isServable = !compiler.findings.hasErrors
        let platform = PlatformPart(configuration, file: file, base: whole, routes: part)
        return Outcome(
            snapshot: isServable ? platform.snapshot(generation, with: []) : nil, platform: isServable ? platform : nil,
            findings: compiler.serviceFindings + compiler.findings.all, documents: compiler.documents)
    }

    /// What was compiled, in the form that is kept; reports methods that two services offer to clients.
    /// - Parameter files: What a service was compiled from; nil where it was not.
    func part(
        _ services: [Service], _ upstreams: [PlatformConfiguration.Upstream], files: (_ service: String) -> FileSource?
    ) -> RoutePart {
        RoutePart(
            services: services, descriptions: upstreams.compactMap { describe($0, files($0.name)) }, operations: operations,
            templates: templates,
            keys: templates.map { RouteKey($0.template, $0.method) },
            places: places.map { RouteMark($0, configuration: file) }, offers: offers(services, upstreams),
            takesGRPCClients: upstreams.contains(where: \.takesGRPCClients))
    }

    private func describe(_ upstream: PlatformConfiguration.Upstream, _ files: FileSource?) -> ServiceDescription? {
        guard let files else { return nil }
        let own = upstream.openAPI == nil ? operations.filter { $0.service?.name == upstream.name } : []
        return ServiceDescription(
            service: upstream.name, document: upstream.openAPI, files: files,
            routes: own.map { ServiceDescription.Route(method: $0.method, template: $0.template, name: $0.name) })
    }

    /// The index of the operation that is compiled next.
    var nextOperation: Int { firstOperation + operations.count }

    private mutating func run(_ generation: UInt64, _ earlier: ServiceDocuments) -> Snapshot {
        addOperational()
        addDocuments()
        addProblemPages()
        addBatch()
        let services = configuration.services.enumerated().map { Service($1, index: $0, limits: configuration.limits) }
        for (service, upstream) in zip(services, configuration.services) { addService(service, upstream, earlier) }
        warnOfAmbiguity()
        let rates = configuration.rateLimits
        let tenantLimits = TenantLimits(
            rates.tenant, areCountedByProxies: configuration.envoy?.rateLimits.enforcedBy == .envoy)
        return Snapshot(
            generation: generation, services: services, operations: [], routes: RouteTableBuilder().build(),
            limits: DataPlaneLimits(configuration.limits), trustedProxies: configuration.trustedProxies,
            problems: ProblemWriter(base: configuration.problems.baseURL), roles: RoleTable(configuration.rolePermissions),
            userRule: rates.user.map { rule("user", "user", $0) },
            roleRules: rates.roles.sorted { $0.key < $1.key }.map { role, rate in
                Snapshot.RoleRule(role: Array(role.utf8), rule: rate.map { rule(role, "role-\(role)", $0) })
            },
            addressRule: rates.address.map { rule("address", "address", $0) },
            batch: configuration.batch.isEnabled ? BatchRule(configuration.batch) : nil,
            cors: configuration.cors.map { CORSPolicy($0) },
            quarantined: quarantined,
            tenants: TenantTable(configuration.tenants, tenantLimits),
            permissionOrigin: configuration.permissionOrigin, planRules: configuration.billing?.rules,
            tenantLimits: tenantLimits)
    }

    // MARK: Services

    private mutating func addService(
        _ service: Service, _ upstream: PlatformConfiguration.Upstream, _ earlier: ServiceDocuments
    ) {
        let reader = DocumentRecorder(source)
        let attempt = attempt(service, upstream, reader.source)
        serviceFindings += attempt.findings.all
        if !attempt.findings.hasErrors {
            documents.files[service.name] = reader.files
            return adopt(attempt)
        }
        var isServed = false
        if let files = earlier.files[service.name] {
            let last = self.attempt(
                service, upstream, FileSource { files[$0] ?? .failure(FileSource.Fault("it was not read then")) })
            isServed = !last.findings.hasErrors
            if isServed {
                documents.files[service.name] = files
                adopt(last)
            }
        }
        quarantined.append(Quarantine(service: service.name, isServed: isServed))
    }

    /// Compiles one service beside what is there already.
    private func attempt(
        _ service: Service, _ upstream: PlatformConfiguration.Upstream, _ source: FileSource
    ) -> SnapshotCompiler {
        var attempt = SnapshotCompiler(configuration, file: file, source: source, firstOperation: nextOperation)
        attempt.addOperations(of: service, upstream)
        attempt.reportConflicts()
        attempt.reportConflicts(with: self)
        return attempt
    }

    private mutating func adopt(_ attempt: SnapshotCompiler) {
        for (index, operation) in attempt.operations.enumerated() {
            add(operation, attempt.templates[index].template, method: attempt.templates[index].method, at: attempt.places[index])
        }
    }

    private func rule(_ name: String, _ scope: String, _ rate: PlatformConfiguration.Rate) -> RateRule {
        RateRule(
            name: name, limit: Limit(rate: rate.bucket, scope: scope, fallback: rate.fallback),
            sendsLegacyHeaders: configuration.rateLimits.sendsLegacyHeaders)
    }

    /// A finding without a place in a document.
    func report(_ code: String, pointer: String, _ message: String) {
        findings.report(
            Finding(severity: .error, file: file, line: 0, column: 0, pointer: pointer, code: code, message: message))
    }

    private mutating func addOperational() {
        for endpoint in OperationalEndpoint.allCases {
            for path in endpoint.paths {
                guard let template = try? PathTemplate(openAPI: path) else { continue }
                let operation = Operation(
                    index: nextOperation, name: "gateway.\(endpoint.rawValue)", method: "GET", template: path,
                    kind: .operational(endpoint),
                    service: nil, isPublic: endpoint.isPublic,
                    requiredRoles: endpoint.isPublic ? [] : configuration.adminRoles.map { Array($0.utf8) },
                    maximumBodyBytes: 0, timeoutMilliseconds: 0)
                add(operation, template, method: .known(.get), at: .configuration)
            }
        }
    }

    private mutating func addDocuments() {
        let access = configuration.versions.access
        for path in [Operation.documentsPath, Operation.documentsPath + "/{version}"] {
            guard let template = try? PathTemplate(openAPI: path) else { continue }
            let operation = Operation(
                index: nextOperation, name: "gateway.documents", method: "GET", template: path, kind: .documents, service: nil,
                isPublic: access == .everyone,
                requiredRoles: access == .admins ? configuration.adminRoles.map { Array($0.utf8) } : [],
                maximumBodyBytes: 0, timeoutMilliseconds: 0)
            add(operation, template, method: .known(.get), at: .configuration)
        }
    }

    /// The pages that the `type` of problem documents names, below the path of its URL: whatever host that is, its path leads here.
    private mutating func addProblemPages() {
        guard let place = configuration.problems.pagesPath else { return }
        for path in [place, place + Operation.problemKind] {
            guard let template = try? PathTemplate(openAPI: path) else { continue }
            let operation = Operation(
                index: nextOperation, name: "gateway.problems", method: "GET", template: path, kind: .problemPages, service: nil,
                isPublic: true, maximumBodyBytes: 0, timeoutMilliseconds: 0)
            add(operation, template, method: .known(.get), at: .configuration)
        }
    }

    private mutating func addBatch() {
        let batch = configuration.batch
        guard batch.isEnabled else { return }
        do throws(TemplateFault) {
            let template = try PathTemplate(openAPI: batch.path)
            let operation = Operation(
                index: nextOperation, name: "gateway.batch", method: "POST", template: batch.path, kind: .batch, service: nil,
                isPublic: false,
                maximumBodyBytes: min(Self.wholeBodyBytes, configuration.limits.bodyBytes),
                timeoutMilliseconds: 0)
            add(operation, template, method: .known(.post), at: .configuration)
        } catch {
            report(error.code, pointer: "/batch/path", "\"path\": \(error.message)")
        }
    }

    mutating func add(_ operation: Operation, _ template: PathTemplate, method: RouteMethod, at place: RoutePlace) {
        operations.append(operation)
        places.append(place)
        templates.append((template, method))
        taken[RouteKey(template, method)] = templates.count - 1
        builder.add(template, method: method)
    }

    /// Routes that another service has.
    private func reportConflicts(with other: SnapshotCompiler) {
        for (route, place) in templates.enumerated() {
            guard let owner = other.taken[RouteKey(place.template, place.method)] else { continue }
            let whose = other.places[owner].text.map { ": \($0)" } ?? " of the gateway"
            report(
                "route-conflict", at: places[route],
                "\(place.method.token) \(place.template.shape) is a route already\(whose); change or remove one of them")
        }
    }

    func reportConflicts() {
        for issue in builder.issues {
            let other = issue.other.flatMap { places[$0].text }.map { " (\($0))" } ?? ""
            report(issue.code, at: places[issue.route], issue.message + other)
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    public var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

extension DataPlaneLimits {
    init(_ limits: PlatformConfiguration.Limits) {
        self.init(
            head: HTTP1Limits(headBytes: limits.headBytes, fields: limits.headerCount, targetBytes: limits.targetBytes),
            upstreamHead: HTTP1Limits(headBytes: limits.responseHeadBytes, fields: limits.headerCount),
            connections: limits.connections, requestsPerConnection: limits.requestsPerConnection,
            headTimeoutMilliseconds: limits.headTimeout.milliseconds,
            idleTimeoutMilliseconds: limits.idleTimeout.milliseconds, bodyMinimumBytesPerSecond: limits.bodyMinimumRate,
            bodyGraceMilliseconds: limits.bodyGrace.milliseconds,
            upstreamIdleMilliseconds: limits.upstreamIdleTimeout.milliseconds)
    }
}

extension Service {
    convenience init(_ upstream: PlatformConfiguration.Upstream, index: Int, limits: PlatformConfiguration.Limits) {
        self.init(
            name: upstream.name, index: index, transport: upstream.transport, addresses: upstream.addresses, tls: upstream.tls,
            isRequired: upstream.isRequired, connectTimeoutMilliseconds: upstream.connectTimeout.milliseconds,
            timeoutMilliseconds: upstream.timeout.milliseconds, idleTimeoutMilliseconds: upstream.idleTimeout.milliseconds,
            maximumConnections: upstream.maximumConnections,
            maximumBodyBytes: upstream.maximumBodyBytes ?? limits.bodyBytes,
            forwardsAuthorization: upstream.forwardsAuthorization, policy: upstream.policy)
    }
}
