import Documents

/// The environment variables that count, read once.
///
/// | variable | overrides |
/// |---|---|
/// | `GATEWAY_HOST`, `GATEWAY_PORT` | `listen.host`, `listen.port` |
/// | `GATEWAY_GRPC_PORT` | `envoy.control.port` |
/// | `GATEWAY_LOOPS` | `loops` |
/// | `GATEWAY_SHUTDOWN_TIMEOUT` | `limits.shutdown_timeout` |
/// | `GRPC_CALL_TIMEOUT_MS` | the default of `services[].timeout` for gRPC |
/// | `LOG_LEVEL` | `log_level` |
/// | `VALKEY_URL` | `valkey.url` |
/// | `KAFKA_BROKERS` | `audit.kafka.brokers`, parted by commas |
struct EnvironmentOverrides {
    private(set) var host: String?
    private(set) var port: Int?
    private(set) var grpcPort: Int?
    private(set) var loops: Int?
    private(set) var shutdownTimeout: Duration?
    private(set) var grpcTimeout: Duration?
    private(set) var logLevel: PlatformConfiguration.LogLevel?
    private(set) var valkeyURL: String?
    private(set) var kafkaBrokers: [String]?

    init(_ environment: [String: String], findings: FindingList) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        func parse<Value>(_ name: String, _ expected: String, _ read: (String) -> Value?) -> Value? {
            guard let text = value(name) else { return nil }
            if let parsed = read(text) { return parsed }
            findings.report(Self.finding(.error, name, "invalid-environment", "\(name) must be \(expected), found \"\(text)\""))
            return nil
        }
        func integer(_ text: String, _ range: ClosedRange<Int>) -> Int? { Int(text).flatMap { range.contains($0) ? $0 : nil } }
        func duration(_ text: String, _ range: ClosedRange<Duration>) -> Duration? {
            Duration(documentText: text).flatMap { range.contains($0) ? $0 : nil }
        }

        host = value("GATEWAY_HOST")
        valkeyURL = value("VALKEY_URL")
        kafkaBrokers = value("KAFKA_BROKERS").map { text in
            text.split(separator: ",").map { String($0.filter { $0 != " " }) }
        }
        if let text = value("GATEWAY_PORT"), text.hasPrefix("tcp://") {
            findings.report(
                Self.finding(
                    .warning, "GATEWAY_PORT", "ignored-environment",
                    "GATEWAY_PORT looks like what Kubernetes sets for a service named \"gateway\" and is ignored; "
                        + "set enableServiceLinks: false"))
        } else {
            port = parse("GATEWAY_PORT", "a port from 0 to 65535") { integer($0, ConfigurationBounds.port) }
        }
        grpcPort = parse("GATEWAY_GRPC_PORT", "a port from 0 to 65535") { integer($0, ConfigurationBounds.port) }
        loops = parse("GATEWAY_LOOPS", "a number from 1 to 1024") { integer($0, ConfigurationBounds.loops) }
        shutdownTimeout = parse("GATEWAY_SHUTDOWN_TIMEOUT", "a duration such as 30s") {
            duration($0, ConfigurationBounds.shutdown)
        }
        grpcTimeout = parse("GRPC_CALL_TIMEOUT_MS", "milliseconds from 1 to 3600000") {
            integer($0, 1...3_600_000).map { .milliseconds($0) }
        }
        let levels = PlatformConfiguration.LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
        logLevel = parse("LOG_LEVEL", "one of \(levels)") { PlatformConfiguration.LogLevel(rawValue: $0.lowercased()) }
    }

    private static func finding(_ severity: Finding.Severity, _ name: String, _ code: String, _ message: String) -> Finding {
        Finding(severity: severity, file: "environment", line: 0, column: 0, pointer: "", code: code, message: message)
    }
}

/// Ranges that values of the configuration must lie in.
enum ConfigurationBounds {
    static let port = 0...65535
    /// More loops than the largest machines have cores.
    static let loops = 1...1024
    static let shutdown = Duration.zero...Duration.seconds(3600)
    /// A timeout of nothing would refuse everything; one beyond an hour is a slip of the unit.
    static let timeout = Duration.milliseconds(1)...Duration.seconds(3600)
    /// Offsets into a head are 32 bits wide and a head is buffered whole.
    static let headBytes = 1024...(1 << 20)
    static let headerCount = 8...10_000
    /// 64 GiB, a bound against slips of the unit.
    static let bodyBytes = 0...(64 << 30)
    static let rate = 1...(1 << 30)
    static let count = 1...1_000_000_000
    /// RFC 7519 section 4.1.4 speaks of "no more than a few minutes"; more than one is no clock skew.
    static let leeway = Duration.zero...Duration.seconds(60)
    /// A breaker that forgets within the blink of an eye, or after an hour, guards nothing.
    static let breakerWindow = Duration.milliseconds(100)...Duration.seconds(3600)
    /// What the windows of tenants are made for.
    static let tenantWindow = Duration.seconds(1)...Duration.seconds(600)
    static let retryDelay = Duration.zero...Duration.seconds(60)
    /// Requests wait for an authority's answer: beyond half a minute their clients have gone.
    static let authorityTimeout = Duration.milliseconds(1)...Duration.seconds(30)
    /// Expiry in Valkey is in whole seconds; beyond a day a permission that was taken away would last too long.
    static let timeToLive = Duration.seconds(1)...Duration.seconds(86_400)
    static let staleness = Duration.zero...Duration.seconds(86_400)
    static let refresh = Duration.seconds(1)...Duration.seconds(86_400)
}
