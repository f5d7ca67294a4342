import Bytes
import Documents
import HTTPSemantics
import JSON
import OpenAPI
import OpenAPIValidation
import ProblemDetails
import Routing

/// `param`: the value that one parameter's text is read as.
///
/// `raw` is the captured segment of a path, the whole query, the whole value of a header, or the whole `Cookie` value.
func param(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    let name = try arguments.text("name")
    let location = try arguments.text("in")
    let raw = try arguments.text("raw")
    let isPath = location == "path"
    let served: ServedDocument
    switch ServedDocument.load(document(arguments, name: name, location: location)) {
    case .failure(let refusal): return ["error": .text(refusal.findings.joined(separator: "; "))]
    case .success(let document): served = document
    }
    var request = ProbedRequest(path: isPath ? "/" + raw : "/", query: location == "query" ? raw : "", headers: [])
    if location == "header" { request.headers = [(name, raw)] }
    if location == "cookie" { request.headers = [("Cookie", raw)] }
    let scratch = ValidationScratch()
    let errors = served.parameters(request, of: 0, capture: { _ in ByteRange(1, request.path.utf8.count) }, scratch)
    if !errors.isEmpty { return ["error": .text(errors.map { "\($0.code) \($0.field)\($0.pointer)" }.joined(separator: "; "))] }
    return ["value": .json(Array(scratch.value))]
}

/// A document with one parameter.
private func document(_ arguments: Arguments, name: String, location: String) -> [UInt8] {
    let out = ByteWriter()
    out.append("{\"openapi\":\"3.1.0\",\"paths\":{")
    out.append(jsonString: location == "path" ? "/{\(name)}" : "/")
    out.append(":{\"get\":{\"parameters\":[{\"required\":true")
    for (key, value) in [
        ("name", arguments["name"]), ("in", arguments["in"]), ("style", arguments["style"]),
        ("explode", arguments["explode"]), ("allowReserved", arguments["allowReserved"]), ("schema", arguments["schema"]),
    ] {
        guard let value else { continue }
        out.append(",")
        out.append(jsonString: key)
        out.append(":")
        value.raw.withByteView { out.append($0) }
    }
    out.append("}]}}}}")
    return Array(out.view)
}

/// `openapi`: a request held to a document.
func openAPI(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    try withMatch(arguments) { served, index, request, capture, scratch throws(ProbeFault) in
        let validator = served.validators[index]
        var errors = served.parameters(request, of: index, capture: capture, scratch)
        let body = try arguments.required("request")["body"] == nil ? [] : try arguments.required("request").bytes("body")
        let type = request.header("content-type")
        if body.isEmpty {
            if let fault = validator.checkAbsentBody() { errors.append(fault) }
        } else {
            errors += (type ?? "").withByteView { view in
                let plan = validator.bodyPlan(contentType: type == nil ? nil : view)
                if plan.kind == .unsupported {
                    return [
                        ProblemFieldError(
                            field: "header.Content-Type", pointer: "", code: "unsupported-media-type", message: "")
                    ]
                }
                return body.withByteView {
                    validator.checkBody(plan, $0, contentType: view, tape: JSONTape(), scratch: scratch)
                }
            }
        }
        return errors
    }
}

/// `openapi-response`: an answer held to the document, by the request it answers.
func openAPIResponse(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    try withMatch(arguments) { served, index, request, _, scratch throws(ProbeFault) in
        let answer = try arguments.required("response")
        let lines = ProbedLines(try headers(answer))
        let body = answer["body"] == nil ? [] : try answer.bytes("body")
        let validator = served.validators[index]
        let plan = validator.checkResponse(
            status: Int(try answer.integer("status")), isHead: request.method == "HEAD", hasBody: !body.isEmpty,
            fields: lines.table, head: lines.bytes.view,
            contentType: lines.table.first(.contentType).map { lines.bytes.view[$0.value] }, scratch: scratch)
        return plan.errors
            + body.withByteView { validator.checkResponseBody(plan.body, $0, tape: JSONTape(), scratch: scratch) }
    }
}

/// Finds the operation of a request and answers what `check` says of it.
private func withMatch(
    _ arguments: Arguments,
    _ check: (ServedDocument, Int, ProbedRequest, (Int) -> ByteRange?, ValidationScratch) throws(ProbeFault) ->
        [ProblemFieldError]
) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    let served: ServedDocument
    switch ServedDocument.load(try arguments.required("document").document) {
    case .failure(let refusal): return ["refused": .list(refusal.findings.map { .text($0) })]
    case .success(let document): served = document
    }
    let request = try ProbedRequest(try arguments.required("request"))
    let captures = Captures()
    let match = request.path.withByteView { path in
        request.method.withByteView {
            served.routes.match(path: path, method: RequestMethod(token: $0), customMethod: $0, captures: captures)
        }
    }
    guard case .found(let index) = match else {
        let code = if case .notFound = match { "not-found" } else { "method-not-allowed" }
        return [
            "valid": .bool(false), "operation": .null,
            "errors": .list([.object(["field": .text("path"), "pointer": .text(""), "code": .text(code)])]),
        ]
    }
    let operation = served.document.operations[index]
    let errors = try check(
        served, index, request, { $0 >= 0 && $0 < captures.count ? captures[$0] : nil }, ValidationScratch())
    return [
        "valid": .bool(errors.isEmpty),
        "operation": .text(operation.operationID ?? "\(operation.method.token) \(operation.path)"),
        "errors": .list(
            errors.map { error in
                Answer.object(["field": .text(error.field), "pointer": .text(error.pointer), "code": .text(error.code)])
            }),
    ]
}

/// A document with its routes and validators.
private struct ServedDocument {
    /// Why a document is none.
    struct Refusal: Error {
        let findings: [String]
    }

    let document: OpenAPIDocument
    let validators: [OperationValidator]
    let routes: RouteTable

    static func load(_ text: [UInt8]) -> Result<ServedDocument, Refusal> {
        let (document, loaded) = OpenAPIDocument.load(text: text, file: "openapi.yaml")
        guard let document else { return .failure(Refusal(loaded)) }
        var options = ValidationOptions()
        options.keepsValues = true
        let (validators, compiled) = ValidationCompiler.compile(document, options: options)
        guard let validators else { return .failure(Refusal(compiled)) }
        var routes = RouteTableBuilder()
        for operation in document.operations {
            do throws(TemplateFault) {
                let template = try PathTemplate(openAPI: operation.path, prefix: document.basePath)
                routes.add(template, method: .known(operation.method))
            } catch {
                return .failure(Refusal(findings: ["\(operation.path): \(error.message)"]))
            }
        }
        return .success(ServedDocument(document: document, validators: validators, routes: routes.build()))
    }

    func parameters(
        _ request: ProbedRequest, of index: Int, capture: (Int) -> ByteRange?, _ scratch: ValidationScratch
    ) -> [ProblemFieldError] {
        let lines = ProbedLines(request.headers)
        return request.path.withByteView { path in
            request.query.withByteView { query in
                validators[index].checkParameters(
                    path: path, capture: capture, query: query, fields: lines.table, head: lines.bytes.view, scratch: scratch)
            }
        }
    }
}

extension ServedDocument.Refusal {
    init(_ findings: [Finding]) { self.findings = findings.filter { $0.severity == .error }.map(\.description) }
}

/// The parts of a request that a line gives.
private struct ProbedRequest {
    var method = "GET"
    var path: String
    var query: String
    var headers: [(String, String)]

    init(path: String, query: String, headers: [(String, String)]) {
        (self.path, self.query, self.headers) = (path, query, headers)
    }

    init(_ arguments: Arguments) throws(ProbeFault) {
        method = try arguments.text("method")
        var target = Substring(try arguments.text("url"))
        if let scheme = target.firstRange(of: "://") { target = target[scheme.upperBound...].drop { $0 != "/" } }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.isEmpty || parts[0].isEmpty ? "/" : String(parts[0])
        query = parts.count > 1 ? String(parts[1].prefix { $0 != "#" }) : ""
        headers = try gateway_probe.headers(arguments)
    }

    func header(_ name: String) -> String? { headers.first { $0.0.lowercased() == name }?.1 }
}

private func headers(_ arguments: Arguments) throws(ProbeFault) -> [(String, String)] {
    var found: [(String, String)] = []
    for line in arguments["headers"]?.elements ?? [] {
        let pair = line.elements
        guard pair.count == 2, let name = pair[0].text, let value = pair[1].text else {
            throw ProbeFault("\"headers\" must be a list of pairs of strings")
        }
        found.append((name, value))
    }
    return found
}

/// Header lines in memory, as a parser leaves them.
private struct ProbedLines {
    let table = FieldTable()
    let bytes = ByteWriter()

    init(_ headers: [(String, String)]) {
        for (name, value) in headers {
            let start = bytes.count
            bytes.append(utf8: "\(name): \(value)\r\n")
            let range = ByteRange(start, start + name.utf8.count)
            _ = table.append(
                FieldLine(
                    name: range, value: ByteRange(range.end + 2, bytes.count - 2), line: ByteRange(start, bytes.count),
                    id: FieldName(recognising: bytes.view[range])))
        }
    }
}
