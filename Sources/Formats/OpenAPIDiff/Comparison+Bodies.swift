import Documents
import OpenAPI

extension Comparison {
    func compareRequestBodies(_ old: OpenAPIOperation, _ new: OpenAPIOperation) {
        let place = "\(new.title), request body"
        switch (old.requestBody, new.requestBody) {
        case (nil, nil): return
        case (nil, let body?):
            log.report(
                body.isRequired ? .breaking : .note, body.isRequired ? "request-body-required" : "request-body-added", .new,
                at: body.node, place, body.isRequired ? "a body must now be sent" : "a body may now be sent")
        case (let body?, nil):
            log.report(.breaking, "request-body-removed", .old, at: body.node, place, "no body is taken any more")
        case (let before?, let after?):
            if before.isRequired != after.isRequired {
                log.report(
                    after.isRequired ? .breaking : .note,
                    after.isRequired ? "request-body-required" : "request-body-optional", .new,
                    at: after.node["required"] ?? after.node, place,
                    after.isRequired ? "a body must now be sent" : "a body need no longer be sent")
            }
            let scene = Scene(operation: new.title, part: .request, name: "request body")
            compareContents(before.node["content"], after.node["content"], at: (before.node, after.node), scene)
        }
    }

    /// Compares media types, and the schemas of those that are in both.
    func compareContents(
        _ old: SourceNode?, _ new: SourceNode?, at anchors: (old: SourceNode, new: SourceNode), _ scene: Scene
    ) {
        let before = mediaTypes(old)
        let after = mediaTypes(new)
        for (type, entry) in before.sorted(by: { $0.key < $1.key }) {
            guard let other = after[type] else {
                log.report(
                    .breaking, "\(scene.part.rawValue)-media-type-removed", .old, at: entry.key, scene.place,
                    scene.part.isSent ? "\(type) is no longer taken" : "\(type) is no longer answered")
                continue
            }
            let left = entry.value["schema"].map { [$0] } ?? []
            let right = other.value["schema"].map { [$0] } ?? []
            compareSchemas(left, right, at: (entry.value, other.value), scene)
            if CanonicalValue.text(entry.value["encoding"], isSchema: true)
                != CanonicalValue.text(other.value["encoding"], isSchema: true)
            {
                log.report(
                    .warning, "\(scene.part.rawValue)-encoding-changed", .new, at: other.value["encoding"] ?? other.value,
                    scene.place, "\"encoding\" of \(type) differs")
            }
        }
        for (type, entry) in after.sorted(by: { $0.key < $1.key }) where before[type] == nil {
            log.report(
                .note, "\(scene.part.rawValue)-media-type-added", .new, at: entry.key, scene.place,
                scene.part.isSent ? "\(type) is now taken" : "\(type) may now be answered")
        }
    }

    /// By name without case and spaces.
    private func mediaTypes(_ content: SourceNode?) -> [String: (key: SourceNode, value: SourceNode)] {
        var types: [String: (key: SourceNode, value: SourceNode)] = [:]
        for entry in content?.entries ?? [] {
            types[(entry.key.text ?? "").lowercased().filter { $0 != " " }] = entry
        }
        return types
    }

    func compareResponses(_ old: OpenAPIOperation, _ new: OpenAPIOperation) {
        for response in old.responses {
            let status = response.status
            let matches = new.responses.filter { overlaps(status, $0.status) }
            for match in matches { compareResponse(response.node, match.node, "response \(match.status)", new.title) }
            guard matches.isEmpty else { continue }
            let place = "\(new.title), response \(status)"
            if isSuccess(status) {
                log.report(.breaking, "response-removed", .old, at: response.node, place, "the answer is no longer given")
            } else {
                log.report(
                    .note, "response-error-removed", .old, at: response.node, place, "the document no longer lists this error")
            }
        }
        for response in new.responses where !old.responses.contains(where: { overlaps(response.status, $0.status) }) {
            log.report(
                isSuccess(response.status) && response.status != "default" ? .warning : .note, "response-added", .new,
                at: response.node, "\(new.title), response \(response.status)", "the answer is new")
        }
    }

    /// Whether two statuses are the same, or one is the range (`2XX`) the other lies in.
    private func overlaps(_ left: String, _ right: String) -> Bool {
        left == right || (left.first == right.first && (left.hasSuffix("XX") || right.hasSuffix("XX")))
    }

    private func isSuccess(_ status: String) -> Bool { status == "default" || "123".contains(status.prefix(1)) }

    private func compareResponse(_ old: SourceNode, _ new: SourceNode, _ name: String, _ operation: String) {
        let scene = Scene(operation: operation, part: .response, name: name)
        compareContents(old["content"], new["content"], at: (old, new), scene)
        var before: [String: SourceNode] = [:]
        for (key, value) in old["headers"]?.entries ?? [] { before[(key.text ?? "").lowercased()] = value }
        var after: [String: SourceNode] = [:]
        for (key, value) in new["headers"]?.entries ?? [] { after[(key.text ?? "").lowercased()] = value }
        for (name, node) in before.sorted(by: { $0.key < $1.key }) {
            compareHeader(
                node, after[name], Scene(operation: operation, part: .responseHeader, name: "\(scene.name), header \(name)"))
        }
        for (name, node) in after.sorted(by: { $0.key < $1.key }) where before[name] == nil {
            log.report(
                .note, "response-header-added", .new, at: node, "\(operation), \(scene.name), header \(name)", "the header is new"
            )
        }
    }

    private func compareHeader(_ old: SourceNode, _ new: SourceNode?, _ scene: Scene) {
        guard let old = self.old.bundle.resolved(old) else { return }
        let wasRequired = old["required"]?.bool ?? false
        guard let new = new.flatMap({ self.new.bundle.resolved($0) }) else {
            log.report(
                wasRequired ? .breaking : .warning, "response-header-removed", .old, at: old, scene.place, "the header is gone")
            return
        }
        let isRequired = new["required"]?.bool ?? false
        if wasRequired != isRequired {
            log.report(
                isRequired ? .note : .breaking, isRequired ? "response-header-required" : "response-header-optional", .new,
                at: new["required"] ?? new, scene.place,
                isRequired ? "the header is now always there" : "the header may now be missing")
        }
        compareSchemas(
            old["schema"].map { [$0] } ?? [], new["schema"].map { [$0] } ?? [], at: (old, new), scene)
    }
}
