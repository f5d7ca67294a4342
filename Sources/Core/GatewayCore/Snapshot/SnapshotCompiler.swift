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
/// The same code serves `gateway check`, the start, and every reload: what is refused there is refused here.
public struct SnapshotCompiler {
    /// What compilation answers: a snapshot exactly when no finding is an error.
    public struct Outcome: Sendable {
        public let snapshot: Snapshot?
        public let findings: [Finding]
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
    let findings = FindingList()
    var builder = RouteTableBuilder()
    var operations: [Operation] = []
    /// By route: where a conflict is reported.
    var places: [RoutePlace] = []
    /// By route: what it matches.
    var templates: [(template: PathTemplate, method: RouteMethod)] = []

    private init(_ configuration: PlatformConfiguration, file: String, source: FileSource) {
        self.configuration = configuration
        self.file = file
        self.source = source
    }

    /// - Parameter file: The configuration's own path, for findings that have no better place.
    public static func compile(
        _ configuration: PlatformConfiguration, file: String, source: FileSource, generation: UInt64
    ) -> Outcome {
        var compiler = SnapshotCompiler(configuration, file: file, source: source)
        let snapshot = compiler.run(generation)
        return Outcome(
            snapshot: compiler.findings.hasErrors ? nil : snapshot, findings: compiler.findings.all)
    }

    private mutating func run(_ generation: UInt64) -> Snapshot {
        addOperational()
        addBatch()
        let services = configuration.services.enumerated().map { Service($1, index: $0, limits: configuration.limits) }
        for (service, upstream) in zip(services, configuration.services) { addOperations(of: service, upstream) }
        reportConflicts()
        warnOfAmbiguity()
        let grpcMethods = grpcMethods(services)
        let rates = configuration.rateLimits
        return Snapshot(
            generation: generation, services: services, operations: operations, routes: builder.build(),
            limits: DataPlaneLimits(configuration.limits), trustedProxies: configuration.trustedProxies,
            problems: ProblemWriter(base: configuration.problems.baseURL), roles: RoleTable(configuration.rolePermissions),
            userRule: rates.user.map { rule("user", $0, RateRule.userSalt) },
            roleRules: rates.roles.sorted { $0.key < $1.key }.map { role, rate in
                Snapshot.RoleRule(role: Array(role.utf8), rule: rate.map { rule(role, $0, RateRule.userSalt) })
            },
            addressRule: rates.address.map { rule("address", $0, RateRule.addressSalt) },
            batch: configuration.batch.isEnabled ? BatchRule(configuration.batch) : nil, grpcMethods: grpcMethods)
    }

    private func rule(_ name: String, _ rate: BucketRate, _ salt: UInt64) -> RateRule {
        RateRule(name: name, rate: rate, salt: salt, sendsLegacyHeaders: configuration.rateLimits.sendsLegacyHeaders)
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
                    index: operations.count, name: "gateway.\(endpoint.rawValue)", method: "GET", template: path,
                    kind: .operational(endpoint),
                    service: nil, isPublic: endpoint.isPublic,
                    requiredRoles: endpoint.isPublic ? [] : configuration.adminRoles.map { Array($0.utf8) },
                    maximumBodyBytes: 0, timeoutMilliseconds: 0)
                add(operation, template, method: .known(.get), at: .configuration)
            }
        }
    }

    private mutating func addBatch() {
        let batch = configuration.batch
        guard batch.isEnabled else { return }
        do throws(TemplateFault) {
            let template = try PathTemplate(openAPI: batch.path)
            let operation = Operation(
                index: operations.count, name: "gateway.batch", method: "POST", template: batch.path, kind: .batch, service: nil,
                isPublic: false, isBodyRequired: true,
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
        builder.add(template, method: method)
    }

    private func reportConflicts() {
        for issue in builder.issues {
            let other = issue.other.flatMap { places[$0].text }.map { " (\($0))" } ?? ""
            report(issue.code, at: places[issue.route], issue.message + other)
        }
    }
}

extension RateRule {
    static let userSalt: UInt64 = 0x9e37_79b9_7f4a_7c15
    static let addressSalt: UInt64 = 0xc2b2_ae3d_27d4_eb4f
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
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
