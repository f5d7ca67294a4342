import Documents
import HTTPSemantics
import OpenAPI
import Protobuf
import Transcoding

/// The document of a gRPC service against its descriptors: who keeps to the one must not be refused by the other.
extension SnapshotCompiler {
    /// Warns of what the document says of requests and answers and the messages do not, or the other way round.
    func warnOfDisagreement(between document: OpenAPIDocument, and material: Material) {
        guard let codecs = material.codecs else { return }
        var calls: [String: CallProgram] = [:]
        for operation in operations where operation.service === material.service { calls[operation.name] = operation.call }
        var agreement = MessageAgreement(document, codecs, findings)
        for operation in document.operations {
            let name = operation.operationID ?? "\(operation.method.token) \(operation.path)"
            guard let call = calls["\(material.service.name).\(name)"] else { continue }
            agreement.begin()
            compareBody(operation, call, &agreement)
            compareQuery(operation, call, &agreement)
            compareAnswers(operation, call, &agreement)
        }
    }

    private func compareBody(_ operation: OpenAPIOperation, _ call: CallProgram, _ agreement: inout MessageAgreement) {
        guard let body = operation.requestBody, !call.takesRawBody else { return }
        if case .none = call.bodyPart {
            findings.warning(
                "unread-body", at: body.node, "the call reads no body, and a request with one is refused; remove it or bind it")
            return
        }
        for schema in schemas(body.content, isStream: call.isClientStreaming, agreement.document) {
            switch call.bodyPart {
            case .none: break
            case .message: agreement.compare(schema, message: call.requestMessage, .request, bound: call.boundFields)
            case .field(let field): agreement.compare(schema, field: field, .request)
            }
        }
    }

    private func compareQuery(_ operation: OpenAPIOperation, _ call: CallProgram, _ agreement: inout MessageAgreement) {
        for parameter in operation.parameters where parameter.location == .query {
            // What is written as JSON or as an object is no text of one field.
            guard parameter.content == nil, parameter.style != .deepObject else { continue }
            if case .message = call.bodyPart {
                if agreement.codecs.options.ignoresUnknownParameters { continue }
                findings.warning(
                    "unread-parameter", at: parameter.node,
                    "the whole message is the body, and a request with \"\(parameter.name)\" in its query is refused; remove it")
                continue
            }
            agreement.compare(parameter, of: call)
        }
    }

    /// The answers of success: those of 2xx, or the default where nothing is said of these.
    private func compareAnswers(_ operation: OpenAPIOperation, _ call: CallProgram, _ agreement: inout MessageAgreement) {
        guard !call.answersRawBody else { return }
        let successes = operation.responses.filter { response in
            switch response.match {
            // 207 is a document of the gateway's own.
            case .code(let code): code / 100 == 2 && (code != 207 || call.itemsField == nil)
            case .range(let hundred): hundred == 2
            case .default: false
            }
        }
        for response in successes.isEmpty ? operation.responses.filter({ $0.match == .default }) : successes {
            for schema in schemas(response.content ?? [], isStream: call.isServerStreaming, agreement.document) {
                if let field = call.responseBodyField {
                    agreement.compare(schema, field: field, .answer)
                } else {
                    agreement.compare(
                        schema, message: call.responseMessage, .answer, bound: call.itemsField.map { [[$0]] } ?? [])
                }
            }
        }
    }

    /// The schemas of one message in bodies of JSON; in a stream's array those of its elements.
    private func schemas(_ content: [OpenAPIMediaType], isStream: Bool, _ document: OpenAPIDocument) -> [SourceNode] {
        content.compactMap { type in
            let name = type.mediaType.prefix { $0 != ";" }
            if JSONItems.Format(mediaType: String(name)) == .lines { return isStream ? type.schema : nil }
            guard name == "application/json" || name.hasSuffix("+json") && name != "application/problem+json",
                let schema = type.schema
            else { return nil }
            return isStream ? document.bundle.resolved(schema)?["items"] : schema
        }
    }
}
