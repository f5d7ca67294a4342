import TraceContext

/// `trace`: what becomes of a request's trace fields.
func trace(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    var fields: [(name: String, value: String)] = []
    for field in try arguments.required("headers").elements {
        let pair = field.elements.compactMap(\.text)
        guard pair.count == 2 else { throw ProbeFault("a header is a pair of strings") }
        fields.append((pair[0], pair[1]))
    }
    var random = SystemRandomNumberGenerator()
    let report = TraceReport(fields: fields, random: &random)
    return [
        "traceId": .text(report.traceID), "parentId": .optional(report.parentID), "flags": .text(report.flags),
        "tracestate": .optional(report.tracestate), "restarted": .bool(report.isRestarted),
    ]
}
