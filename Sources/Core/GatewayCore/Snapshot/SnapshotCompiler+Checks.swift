import Documents
import OpenAPI
import OpenAPIValidation
import Transcoding

/// What the messages of a document's operations are held to.
extension SnapshotCompiler {
    /// By operation of the document; nil when its schemas are at fault.
    func compileChecks(
        of document: OpenAPIDocument, _ resolved: [ResolvedOperation?], _ material: Material
    ) -> [MessageChecks?]? {
        let modes = document.operations.map { operation in
            (
                request: operation.extensions.requestValidation ?? material.upstream.requestValidation,
                response: operation.extensions.responseValidation ?? material.upstream.responseValidation
            )
        }
        let (validators, problems) = ValidationCompiler.compile(document) { index in
            var options = ValidationOptions()
            options.checksRequests = modes[index].request != .off
            options.checksResponses = modes[index].response != .off
            options.suppliedHeaders = UpstreamRequestHead.rewritten
            // The parameters of a call are fields of its message: what none of them takes, the translation refuses.
            options.refusesUnknownParameters = material.service.transport == .http && !material.upstream.ignoresUnknownParameters
            guard let call = resolved[index]?.call?.program else { return options }
            let operation = document.operations[index]
            if call.isClientStreaming, options.checksRequests, let body = operation.requestBody {
                options.requestMessage = messageSchema(body.content, document)
            }
            if call.isServerStreaming, options.checksResponses, !call.answersRawBody,
                let answer = Self.success(operation.responses), let content = answer.content
            {
                options.responseMessage = messageSchema(content, document)
            }
            return options
        }
        findings.report(problems)
        return validators?.enumerated().map { index, validator in
            let (request, response) = modes[index]
            guard request != .off || response != .off else { return nil }
            return MessageChecks(validator, parameters: request, body: request, answer: response)
        }
    }

    /// The schema of each message of a stream: that of the lines, of the events, or of the elements of the array.
    private func messageSchema(_ content: [OpenAPIMediaType], _ document: OpenAPIDocument) -> SourceNode? {
        let lines = content.first { Self.isItemwise($0.mediaType) && $0.schema != nil }
        if let schema = lines?.schema { return schema }
        guard let schema = content.first(where: { JSONItems.Format(mediaType: Self.type($0.mediaType)) == .array })?.schema else {
            return nil
        }
        if let items = document.bundle.resolved(schema)?["items"] { return items }
        findings.warning(
            "stream-without-items", at: schema,
            "the body is a stream of messages; describe them by \"items\" here or under application/x-ndjson, or they go unchecked"
        )
        return nil
    }

    /// What is said of 200.
    private static func success(_ responses: [OpenAPIResponse]) -> OpenAPIResponse? {
        let matches: [OpenAPIResponse.Status] = [.code(200), .range(2), .default]
        return matches.lazy.compactMap { match in responses.first { $0.match == match } }.first
    }

    private static func isItemwise(_ mediaType: String) -> Bool {
        let type = type(mediaType)
        return JSONItems.Format(mediaType: type) == .lines || type == "text/event-stream"
    }

    private static func type(_ mediaType: String) -> String { mediaType.prefix { $0 != ";" }.lowercased() }
}
