import ControlPlane
import DataPlane
import Discovery
import Flags
import GatewayCore
import Health
import ProblemDetails
import RateLimiting
import Synchronization

/// The Prometheus text exposition of what the loops count (version 0.0.4 of the format).
struct MetricsText {
    private var text = ""

    /// Every series of the process.
    static func render(
        _ shared: SharedState, _ quarantined: [Quarantine], _ modules: [ModuleReport], _ envoys: EnvoyListing?,
        _ audit: AuditListing?, _ flags: FlagKeeper.Standing?, version: String
    ) -> String {
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
        metrics.counter("gateway_upstream_retries_total", "Reads whose call failed and was made again.", shared) {
            $0.retries.current
        }
        metrics.counter("gateway_breaker_refusals_total", "Requests refused by the breaker of their service.", shared) {
            $0.breakerRefusals.current
        }
        metrics.counter("gateway_tenant_refusals_total", "Requests refused by the breaker of their tenant.", shared) {
            $0.tenantRefusals.current
        }
        metrics.breakers(shared)
        metrics.head("gateway_service_quarantined", "1 for each service whose documents are wrong.", "gauge")
        for entry in quarantined { metrics.text += "gateway_service_quarantined{service=\"\(entry.service)\"} 1\n" }
        metrics.modules(modules)
        metrics.tenancy(shared.counters.map { loop in loop.tenancy.withLock { $0 } })
        if let envoys { metrics.envoys(envoys) }
        if let audit { metrics.audit(audit) }
        if let flags { metrics.flags(flags) }
        return metrics.text
    }

    private mutating func flags(_ standing: FlagKeeper.Standing) {
        gauge("gateway_flags", "Flags that are known.", standing.set?.flags.count ?? 0)
        gauge("gateway_flags_faulty", "Findings of flags that are left out.", standing.set?.findings.count ?? 0)
        head("gateway_flags_source", "Where flags come from.", "gauge")
        if let origin = standing.origin { text += "gateway_flags_source{source=\"\(origin.rawValue)\"} 1\n" }
        gauge(
            "gateway_flags_confirmed_seconds", "When the source last confirmed them, in seconds since 1970.",
            Int(standing.confirmed))
        head("gateway_flags_polls_total", "Questions to the source of flags.", "counter")
        text += "gateway_flags_polls_total \(standing.polls)\n"
        head("gateway_flags_failures_total", "Questions to the source of flags that failed.", "counter")
        text += "gateway_flags_failures_total \(standing.failures)\n"
    }

    private mutating func audit(_ listing: AuditListing) {
        for counter in listing.counters {
            head("gateway_audit_\(counter.name)_total", counter.help, "counter")
            text += "gateway_audit_\(counter.name)_total \(counter.value)\n"
        }
        gauge("gateway_audit_ring_bytes", "Bytes of records that wait in rings.", listing.ringBytes)
        gauge("gateway_audit_segment_bytes", "Bytes of records that wait in segments.", listing.segmentBytes)
        gauge("gateway_audit_sink_up", "Whether the sink takes records.", listing.isSinkUp ? 1 : 0)
    }

    private mutating func modules(_ reports: [ModuleReport]) {
        head("gateway_modules", "Modules installed, by what became of their installed version.", "gauge")
        for state in ModuleReport.State.allCases {
            text += "gateway_modules{state=\"\(state.rawValue)\"} \(reports.count { $0.state == state })\n"
        }
        head("gateway_module_faulty", "1 for each module whose installed version is not served.", "gauge")
        for report in reports where report.state != .served { text += "gateway_module_faulty{module=\"\(report.slug)\"} 1\n" }
    }

    private mutating func tenancy(_ loops: [TenancyFigures]) {
        func sum(_ read: (TenancyFigures) -> UInt64) -> UInt64 { loops.reduce(0) { $0 + read($1) } }
        let counters: [(name: String, help: String, read: (TenancyFigures) -> UInt64)] = [
            ("fact_reads", "Facts of tenants that were asked for.", { $0.facts.reads }),
            ("fact_failures", "Facts of tenants that could not be had.", { $0.facts.failures }),
            ("fact_malformed", "Values of facts that were not what they should be.", { $0.facts.malformed }),
            ("fact_stale_uses", "Looks answered by a fact that may be out of date.", { $0.facts.staleUses }),
            ("fact_unavailable", "Looks that nobody could answer.", { $0.facts.unavailable }),
            ("fact_changes", "Changes of facts that were told.", { $0.facts.invalidations }),
            ("fact_losses", "Times that changes of facts may have been missed.", { $0.facts.losses }),
            ("limit_questions", "Questions to Valkey about limits.", { UInt64($0.limits.asks) }),
            ("limit_failures", "Questions about limits without an answer.", { UInt64($0.limits.failures) }),
            ("limit_fallbacks", "Decisions of limits without Valkey.", { UInt64($0.limits.fallbacks) }),
            ("limit_outages", "Times that Valkey was found to be away.", { UInt64($0.limits.outages) }),
        ]
        for counter in counters {
            head("gateway_\(counter.name)_total", counter.help, "counter")
            text += "gateway_\(counter.name)_total \(sum(counter.read))\n"
        }
        gauge("gateway_tenants_known", "Tenants of whom copies are kept, over all loops.", loops.reduce(0) { $0 + $1.tenants })
        gauge("gateway_users_known", "Users of whom copies are kept, over all loops.", loops.reduce(0) { $0 + $1.users })
    }

    private mutating func envoys(_ envoys: EnvoyListing) {
        gauge("gateway_xds_streams", "Envoys that are connected.", envoys.members.count)
        gauge(
            "gateway_xds_streams_behind", "Envoys that lack something of the newest configuration.",
            envoys.members.count { $0.behind != nil })
        gauge("gateway_xds_generation", "Number of the configuration that Envoys are told.", Int(envoys.report.set.generation))
        gauge(
            "gateway_xds_resources", "Resources that Envoys are told.",
            DiscoveryKind.allCases.reduce(0) { $0 + envoys.report.set.resources($1).count })
        gauge("gateway_xds_withheld", "Changes that are withheld because an Envoy refused them.", envoys.report.culprits.count)
        let counts = envoys.counts
        let counters = [
            ("streams_opened", "Streams that Envoys opened.", counts.streams),
            ("answers", "Answers sent to Envoys.", counts.answers),
            ("answer_bytes", "Bytes of these answers.", counts.bytes),
            ("ack", "Answers that Envoys accepted.", counts.acknowledged),
            ("nack", "Answers that Envoys refused.", counts.refused),
            ("stale", "Words of Envoys about replaced answers.", counts.stale),
            ("faults", "Requests of Envoys that were wrong.", counts.faults),
        ]
        for (name, help, value) in counters {
            head("gateway_xds_\(name)_total", help, "counter")
            text += "gateway_xds_\(name)_total \(value)\n"
        }
    }

    private mutating func breakers(_ shared: SharedState) {
        let statuses = shared.breakerStatuses
        head("gateway_breaker_state", "State of the service's breaker: 0 closed, 1 half-open, 2 open.", "gauge")
        let states = ["closed": 0, "half-open": 1, "open": 2]
        for status in statuses {
            text += "gateway_breaker_state{service=\"\(status.service)\"} \(states[status.state] ?? 0)\n"
        }
        head("gateway_breaker_openings_total", "How often the service's breaker opened.", "counter")
        for status in statuses { text += "gateway_breaker_openings_total{service=\"\(status.service)\"} \(status.openings)\n" }
        head("gateway_tenant_isolated", "Tenants that are refused by their own breaker now.", "gauge")
        for status in statuses { text += "gateway_tenant_isolated{service=\"\(status.service)\"} \(status.isolatedTenants)\n" }
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
