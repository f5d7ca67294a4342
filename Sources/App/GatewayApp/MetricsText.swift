import DataPlane
import ProblemDetails

/// The Prometheus text exposition of what the loops count (version 0.0.4 of the format).
struct MetricsText {
    private var text = ""

    /// Every series of the process.
    static func render(_ shared: SharedState, version: String) -> String {
        var metrics = MetricsText()
        metrics.head("gateway_build_info", "Version of the running program.", "gauge")
        metrics.text += "gateway_build_info{version=\"\(version)\"} 1\n"
        metrics.statuses(shared)
        metrics.problems(shared)
        metrics.gauge("gateway_connections", "Open client connections.", shared.connectionCount)
        metrics.counter("gateway_connections_accepted_total", "Client connections accepted.", shared) { $0.connections.current }
        metrics.counter("gateway_responses_aborted_total", "Answers broken off after they began.", shared) { $0.aborted.current }
        metrics.counter("gateway_clients_left_total", "Clients that left before their answer began.", shared) {
            $0.clientLeft.current
        }
        metrics.counter("gateway_upstream_replays_total", "Requests sent again because a pooled connection was stale.", shared) {
            $0.replays.current
        }
        metrics.counter("gateway_upstream_connect_failures_total", "Connections to upstreams that failed.", shared) {
            $0.upstreamConnectFailures.current
        }
        metrics.counter("gateway_upstream_faults_total", "Upstream answers that were not valid HTTP.", shared) {
            $0.upstreamFaults.current
        }
        return metrics.text
    }

    private mutating func statuses(_ shared: SharedState) {
        head("gateway_requests_total", "Requests answered, by status class.", "counter")
        let classes: [(String, (WorkerCounters) -> UInt64)] = [
            ("1xx", { $0.informational.current }), ("2xx", { $0.successful.current }), ("3xx", { $0.redirection.current }),
            ("4xx", { $0.clientError.current }), ("5xx", { $0.serverError.current }),
        ]
        for (name, read) in classes {
            text += "gateway_requests_total{code=\"\(name)\"} \(shared.counters.reduce(0) { $0 + read($1) })\n"
        }
    }

    private mutating func problems(_ shared: SharedState) {
        head("gateway_problems_total", "Problem documents answered, by type.", "counter")
        for slug in ProblemSlug.allCases {
            let count = shared.counters.reduce(0) { $0 + $1.count(of: slug) }
            text += "gateway_problems_total{type=\"\(slug.text)\"} \(count)\n"
        }
    }

    private mutating func counter(
        _ name: String, _ help: String, _ shared: SharedState, _ read: (WorkerCounters) -> UInt64
    ) {
        head(name, help, "counter")
        text += "\(name) \(shared.counters.reduce(0) { $0 + read($1) })\n"
    }

    private mutating func gauge(_ name: String, _ help: String, _ value: Int) {
        head(name, help, "gauge")
        text += "\(name) \(value)\n"
    }

    private mutating func head(_ name: String, _ help: String, _ kind: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }
}
