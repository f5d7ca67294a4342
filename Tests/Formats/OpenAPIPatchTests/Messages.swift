import Bytes
import Documents
import HTTPSemantics
import JSON
import OpenAPI
import OpenAPIPatch
import OpenAPIValidation
import ProblemDetails
import Testing

/// A document in memory, and what messages differ from it in, as the gateway's own validation tells it.
struct Described {
    var files: [String: String]
    let main: String

    init(_ text: String, file: String = "api.yaml") {
        files = [file: text]
        main = file
    }

    init(files: [String: String], main: String) {
        self.files = files
        self.main = main
    }

    var text: String { files[main] ?? "" }

    /// Differences of JSON bodies of one operation's requests, or of its answers with a status.
    func differences(of operation: String, status: Int = 0, bodies: [String]) throws -> [ObservedDifference] {
        let validator = try validator(of: operation)
        let scratch = ValidationScratch(seed: 1)
        let tape = JSONTape(seed: 1)
        var found: [ProblemFieldError] = []
        for body in bodies {
            found += body.withByteView { bytes in
                "application/json".withByteView { type in
                    status == 0
                        ? validator.checkBody(
                            validator.bodyPlan(contentType: type), bytes, contentType: type, tape: tape, scratch: scratch,
                            mostErrors: 1000)
                        : validator.checkResponseBody(
                            plan(validator, status, type, scratch).body, bytes, tape: tape, scratch: scratch, mostErrors: 1000)
                }
            }
        }
        return Self.differences(found, operation, status)
    }

    /// Differences of the query of one operation's requests.
    func differences(of operation: String, query: String) throws -> [ObservedDifference] {
        let validator = try validator(of: operation)
        let errors = query.withByteView { query in
            validator.checkParameters(
                path: .empty, capture: { _ in nil }, query: query, fields: FieldTable(capacity: 1), head: .empty,
                scratch: ValidationScratch(seed: 1))
        }
        return Self.differences(errors, operation, 0)
    }

    /// Differences of the head of an answer with a body and no header but its media type.
    func differences(of operation: String, status: Int, contentType: String) throws -> [ObservedDifference] {
        let validator = try validator(of: operation)
        let errors = contentType.withByteView { plan(validator, status, $0, ValidationScratch(seed: 1)).errors }
        return Self.differences(errors, operation, status)
    }

    private func plan(
        _ validator: OperationValidator, _ status: Int, _ type: ByteView, _ scratch: ValidationScratch
    ) -> OperationValidator.ResponsePlan {
        validator.checkResponse(
            status: status, isHead: false, hasBody: true, fields: FieldTable(capacity: 1), head: .empty, contentType: type,
            scratch: scratch)
    }

    private func validator(of operation: String) throws -> OperationValidator {
        let loaded = OpenAPIDocument.load(file: main, source: .memory(files))
        let document = try #require(loaded.document, "\(loaded.findings)\n\(text)")
        var options = ValidationOptions()
        options.refusesUnknownParameters = true
        let compiled = ValidationCompiler.compile(document, options: options)
        let validators = try #require(compiled.validators, "\(compiled.findings)\n\(text)")
        return validators[try #require(document.operations.firstIndex { $0.operationID == operation })]
    }

    private static func differences(
        _ errors: [ProblemFieldError], _ operation: String, _ status: Int
    ) -> [ObservedDifference] {
        var found: [ObservedDifference] = []
        for error in errors {
            let difference = ObservedDifference(
                operation: operation, direction: status == 0 ? .request : .response, status: status, field: error.field,
                pointer: generalised(error.pointer), code: error.code, subject: error.subject)
            if !found.contains(difference) { found.append(difference) }
        }
        return found
    }

    func patch(_ differences: [ObservedDifference]) throws -> DocumentPatch {
        try DocumentPatch.make(for: differences, file: main, source: .memory(files))
    }

    /// The document with a patch's files in place of its own.
    func applying(_ patch: DocumentPatch) -> Described {
        var copy = self
        for file in patch.files { copy.files[file.name] = String(decoding: file.new, as: UTF8.self) }
        return copy
    }

    private static func generalised(_ pointer: String) -> String {
        pointer.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) == nil ? String($0) : "*" }
            .joined(separator: "/")
    }
}

/// A rule that the body of a request of the operation `op` breaks as a whole.
func difference(_ code: String, _ subject: String? = nil) -> ObservedDifference {
    difference("body", "", code, subject)
}

/// A difference of a request of the operation `op`.
func difference(_ field: String, _ pointer: String, _ code: String, _ subject: String? = nil) -> ObservedDifference {
    ObservedDifference(
        operation: "op", direction: .request, field: field, pointer: pointer, code: code, subject: subject)
}

/// A difference of an answer of the operation `op`.
func difference(
    ofAnswer status: Int, _ field: String, _ pointer: String, _ code: String, _ subject: String? = nil
) -> ObservedDifference {
    ObservedDifference(
        operation: "op", direction: .response, status: status, field: field, pointer: pointer, code: code, subject: subject)
}
