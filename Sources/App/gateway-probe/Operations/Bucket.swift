import RateLimiting

/// `bucket`: a token bucket asked at given times.
///
/// `rate` tokens come each `window` seconds (1 when absent); the bucket is full at the first step.
func bucket(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    let window = arguments["window"] == nil ? 1 : try arguments.integer("window")
    let quota = Int(try arguments.integer("rate"))
    let burst = arguments["burst"] == nil ? nil : Int(try arguments.integer("burst"))
    guard let rate = BucketRate(quota: quota, windowSeconds: Int(window), burst: burst) else {
        throw ProbeFault("no such rate")
    }
    var state: UInt64?
    var outcomes: [Answer] = []
    for step in try arguments.required("steps").elements {
        let (now, overflow) = UInt64(clamping: try step.integer("at")).multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { throw ProbeFault("\"at\" is too large") }
        let cost = step["take"] == nil ? 1 : Int(try step.integer("take"))
        var current = state ?? GCRA.full(at: now)
        let decision = GCRA.take(cost, from: &current, rate: rate, now: now)
        state = current
        outcomes.append(
            .object([
                "allowed": .bool(decision.isAllowed), "remaining": .integer(decision.remaining),
                "retryAfterMs": .integer(Int((decision.retryAfterNanoseconds + 999_999) / 1_000_000)),
            ]))
    }
    return ["outcomes": .list(outcomes)]
}
