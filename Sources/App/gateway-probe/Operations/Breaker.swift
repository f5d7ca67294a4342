import Bytes
import CircuitBreaking

/// `breaker`: a service's circuit breakers over a series of calls.
///
/// `config` has any of the numbers of `BreakerSettings` under the names below; absent ones are the defaults. Each of `steps` has a time
/// `at` in milliseconds, a `tenant` (text; absent or empty for a call without one) and `do`:
///
/// - `ok`, `fail`: a whole call, asked for and, if allowed, reported at once.
/// - `ask`: a call is asked for and not made. If it was given the probe it keeps it: the tenant's next `ok` or `fail` is then the probe's
///   end, unless its lease is over by then.
func breaker(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    let breaker = ServiceBreaker(
        settings: try breakerSettings(arguments["config"]), windows: TenantWindows(loops: 1, slots: 1 << 10))
    let hash = KeyedHash(seed: 0)
    var probes: [UInt64: (ticket: CallTicket, end: Int64)] = [:]
    var outcomes: [Answer] = []
    for step in try arguments.required("steps").elements {
        let now = try step.integer("at")
        guard (0..<1 << 53).contains(now) else { throw ProbeFault("\"at\" is out of bounds") }
        let name = step["tenant"] == nil ? "" : try step.text("tenant")
        let tenant = name.isEmpty ? 0 : name.withByteView { max(1, hash($0)) }
        let outcome: CallOutcome? =
            switch try step.text("do") {
            case "ok": .success
            case "fail": .failure
            case "ask": nil
            default: throw ProbeFault("\"do\" must be ok, fail or ask")
            }
        var ticket: CallTicket?
        if let probe = probes[tenant], outcome != nil || now >= probe.end {
            probes[tenant] = nil
            ticket = now < probe.end ? probe.ticket : nil
        }
        ticket = ticket ?? breaker.admit(tenant: tenant, now: now).ticket
        let (state, tenantState) = (breaker.phase(now: now), breaker.phase(of: tenant, now: now))
        if let ticket {
            if let outcome {
                breaker.report(ticket, outcome, loop: 0, now: now)
            } else if state != .closed || tenantState != .closed {
                probes[tenant] = (ticket, now + breaker.settings.probeLeaseMilliseconds)
            }
        }
        outcomes.append(
            .object([
                "allowed": .bool(ticket != nil), "state": .text(breaker.phase(now: now).rawValue),
                "tenantState": .text(breaker.phase(of: tenant, now: now).rawValue),
            ]))
    }
    return ["outcomes": .list(outcomes)]
}

private func breakerSettings(_ config: Arguments?) throws(ProbeFault) -> BreakerSettings {
    var settings = BreakerSettings()
    guard let config else { return settings }
    let counts: KeyValuePairs<String, WritableKeyPath<BreakerSettings, Int>> = [
        "failures": \.failures, "tenantRequests": \.tenantRequests, "tenantFailurePercent": \.tenantFailurePercent,
    ]
    for (name, path) in counts where config[name] != nil { settings[keyPath: path] = Int(try config.integer(name)) }
    let times: KeyValuePairs<String, WritableKeyPath<BreakerSettings, Int64>> = [
        "windowMs": \.windowMilliseconds, "openMs": \.openMilliseconds, "tenantWindowMs": \.tenantWindowMilliseconds,
        "tenantOpenMs": \.tenantOpenMilliseconds, "probeLeaseMs": \.probeLeaseMilliseconds,
    ]
    for (name, path) in times where config[name] != nil { settings[keyPath: path] = try config.integer(name) }
    return settings
}
