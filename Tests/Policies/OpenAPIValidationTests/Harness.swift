import Bytes
import Documents
import HTTPSemantics
import JSON
import OpenAPI
import OpenAPIValidation
import ProblemDetails
import Testing

/// The operations of a document, ready to be asked.
struct Service {
    let validators: [OperationValidator]
    let operations: [OpenAPIOperation]
    let findings: [Finding]
    let scratch = ValidationScratch(seed: 1)
    let tape = JSONTape(seed: 1)

    /// Nil when the document or its compilation has errors.
    init?(_ text: String, options: ValidationOptions = .keepingValues) {
        let (document, loaded) = OpenAPIDocument.load(text: Array(text.utf8), file: "api.yaml")
        guard let document else { return nil }
        let (validators, compiled) = ValidationCompiler.compile(document, options: options)
        guard let validators else { return nil }
        self.validators = validators
        operations = document.operations
        findings = loaded + compiled
    }

    /// One operation: GET on `path` with the members of an operation object written in YAML's flow style.
    static func one(
        _ operation: String, path: String = "/x", version: String = "3.1.0", options: ValidationOptions = .keepingValues,
        components: String = "{}"
    ) -> Service? {
        Service(
            "openapi: \(version)\npaths:\n  \(path):\n    post: \(operation)\ncomponents: \(components)\n", options: options)
    }

    /// What is wrong with a request, as `field pointer code` each.
    func faults(
        of index: Int = 0, captures: [String] = [], query: String = "", headers: [(String, String)] = [], mostErrors: Int = 32
    ) -> [String] {
        let path = "/" + captures.joined(separator: "/")
        var ranges: [ByteRange] = []
        var at = 1
        for capture in captures {
            ranges.append(ByteRange(at, at + capture.utf8.count))
            at += capture.utf8.count + 1
        }
        let lines = Lines(headers)
        return path.withByteView { path in
            query.withByteView { query in
                validators[index].checkParameters(
                    path: path, capture: { $0 >= 0 && $0 < ranges.count ? ranges[$0] : nil }, query: query,
                    fields: lines.table, head: lines.bytes.view, scratch: scratch, mostErrors: mostErrors)
            }
        }.map(\.summary)
    }

    /// What is wrong with a body; `unsupported` when its media type is, `unchecked` when it is not looked at.
    func bodyFaults(_ body: String, _ contentType: String?, of index: Int = 0) -> [String] {
        bodyFaults(Array(body.utf8), contentType, of: index)
    }

    func bodyFaults(_ body: [UInt8], _ contentType: String?, of index: Int = 0) -> [String] {
        let validator = validators[index]
        return (contentType ?? "").withByteView { type in
            let plan = validator.bodyPlan(contentType: contentType == nil ? nil : type)
            if plan.kind == .unsupported { return ["unsupported"] }
            if plan.kind == .unchecked { return ["unchecked"] }
            return body.withByteView {
                validator.checkBody(plan, $0, contentType: type, tape: tape, scratch: scratch).map(\.summary)
            }
        }
    }

    /// What is wrong with an answer.
    func answerFaults(
        _ status: Int, _ body: String = "", headers: [(String, String)] = [], isHead: Bool = false, of index: Int = 0
    ) -> [String] {
        let lines = Lines(headers)
        let type = lines.table.first(.contentType).map { lines.bytes.view[$0.value] }
        let plan = validators[index].checkResponse(
            status: status, isHead: isHead, hasBody: !body.isEmpty, fields: lines.table, head: lines.bytes.view,
            contentType: type, scratch: scratch)
        let rest = body.withByteView { validators[index].checkResponseBody(plan.body, $0, tape: tape, scratch: scratch) }
        return (plan.errors + rest).map(\.summary)
    }
}

/// Header lines in memory.
struct Lines {
    let table = FieldTable()
    let bytes = ByteWriter()

    init(_ headers: [(String, String)]) {
        for (name, value) in headers {
            let start = bytes.count
            bytes.append(utf8: "\(name): \(value)\r\n")
            let colon = start + name.utf8.count
            let range = ByteRange(start, colon)
            _ = table.append(
                FieldLine(
                    name: range, value: ByteRange(colon + 2, bytes.count - 2), line: ByteRange(start, bytes.count),
                    id: FieldName(recognising: bytes.view[range])))
        }
    }
}

extension ProblemFieldError {
    var summary: String { [field, pointer, code].filter { !$0.isEmpty }.joined(separator: " ") }
}

extension Service {
    /// The JSON value that one parameter of a schema is read as, or the fault.
    static func value(
        _ location: String, _ style: String, _ explode: Bool, _ schema: String, _ raw: String, allowReserved: Bool = false
    ) throws -> String {
        let path = location == "path" ? "/{param}" : "/x"
        let service = try #require(
            Service.one(
                """
                {parameters: [{name: param, in: \(location), required: true, style: \(style), explode: \(explode), \
                allowReserved: \(allowReserved), schema: \(schema)}]}
                """, path: path))
        let faults =
            switch location {
            case "path": service.faults(captures: [raw])
            case "header": service.faults(headers: [("param", raw)])
            case "cookie": service.faults(headers: [("Cookie", raw)])
            default: service.faults(query: raw)
            }
        return faults.isEmpty ? String(service.scratch.value) : faults.joined(separator: ", ")
    }
}

extension ValidationOptions {
    /// Every value is read, so that tests see what it was read as.
    static var keepingValues: ValidationOptions {
        var options = ValidationOptions()
        options.keepsValues = true
        return options
    }
}
