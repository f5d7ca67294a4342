import Routing

/// `template`: a path template of `google.api.http`.
func template(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    let template: PathTemplate
    let text = try arguments.text("template")
    do throws(TemplateFault) {
        template = try PathTemplate(httpRule: text)
    } catch {
        return ["valid": .bool(false), "reason": .text(error.code)]
    }
    return [
        "valid": .bool(true), "segments": .list(template.segments.map { .text(word($0)) }), "verb": .text(template.verb ?? ""),
        "variables": .list(
            template.variables.map {
                .object([
                    "field": .text($0.field), "start": .integer($0.start), "end": .integer($0.end), "wild": .bool($0.spansRest),
                ])
            }),
    ]
}

private func word(_ segment: PathTemplate.Segment) -> String {
    switch segment {
    case .literal(let text): text
    case .single: "*"
    case .rest: "**"
    }
}

/// `route`: which of several rules a request leads to.
func route(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    var rules: [HTTPRuleTable.Rule] = []
    for (name, rule) in try arguments.required("routes").entries {
        rules.append(HTTPRuleTable.Rule(name: name, method: try rule.text("method"), template: try rule.text("template")))
    }
    var options = HTTPRuleTable.Options()
    options.splitsUnregisteredVerbs = arguments["options"]?["SetMatchUnregisteredCustomVerb"] != nil
    options.plusIsSpace = arguments["options"]?["SetQueryParamUnescapePlus"] != nil
    let table = HTTPRuleTable(rules, options: options)
    let match = table.match(
        method: try arguments.text("method"), path: try arguments.text("path"), query: arguments["query"]?.text ?? "")
    return [
        "match": .optional(match?.name),
        "bindings": .list(
            (match?.bindings ?? []).map { .object(["field": .text($0.field), "value": .text($0.value)]) }),
        "error": .optional(table.issues.first),
    ]
}
