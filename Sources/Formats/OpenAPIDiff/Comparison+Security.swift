import Documents
import OpenAPI

/// One way in: the schemes a caller must satisfy together, with their scopes.
struct SecurityAlternative: Equatable {
    let schemes: [String: Set<String>]
    let node: SourceNode?

    static func == (left: Self, right: Self) -> Bool { left.schemes == right.schemes }

    /// Whether who satisfies `self` satisfies `other` too.
    func implies(_ other: SecurityAlternative) -> Bool {
        other.schemes.allSatisfy { scheme, scopes in schemes[scheme].map { scopes.isSubset(of: $0) } ?? false }
    }

    var text: String {
        if schemes.isEmpty { return "nothing" }
        return schemes.sorted { $0.key < $1.key }.map { scheme, scopes in
            scopes.isEmpty ? scheme : "\(scheme) (\(scopes.sorted().joined(separator: ", ")))"
        }.joined(separator: " and ")
    }
}

extension Comparison {
    func compareSecurity(_ old: OpenAPIOperation, _ new: OpenAPIOperation) {
        let place = new.node["security"] ?? self.new.bundle.root["security"] ?? new.node
        let before = alternatives(old, self.old)
        let after = alternatives(new, self.new)
        if old.isPublic != new.isPublic {
            log.report(
                new.isPublic ? .warning : .breaking, new.isPublic ? "security-removed" : "security-required", .new, at: place,
                new.title,
                new.isPublic ? "the operation is now public" : "the operation is no longer public; a token is asked for")
            return
        }
        for alternative in before where !after.isEmpty && !after.contains(where: { alternative.implies($0) }) {
            log.report(
                .breaking, "security-tightened", .new, at: place, new.title,
                "who shows \(alternative.text) is no longer let in; now asked for: "
                    + after.map(\.text).joined(separator: ", or "))
        }
        if before.isEmpty, let first = after.first, !first.schemes.isEmpty {
            log.report(.note, "security-described", .new, at: place, new.title, "the document now says: \(first.text)")
        }
        for alternative in after where !before.isEmpty && !before.contains(where: { alternative.implies($0) }) {
            log.report(
                .note, "security-widened", .new, at: alternative.node ?? place, new.title,
                "\(alternative.text) is now asked for, or enough")
        }
        compareSchemes(before, after)
    }

    /// The ways in of an operation; empty when the document says nothing.
    private func alternatives(_ operation: OpenAPIOperation, _ document: OpenAPIDocument) -> [SecurityAlternative] {
        let security = operation.node["security"] ?? document.bundle.root["security"]
        return (security?.elements ?? []).map { requirement in
            var schemes: [String: Set<String>] = [:]
            for (key, value) in requirement.entries ?? [] {
                schemes[key.text ?? ""] = Set((value.elements ?? []).compactMap(\.text))
            }
            return SecurityAlternative(schemes: schemes, node: requirement)
        }
    }

    private func compareSchemes(_ before: [SecurityAlternative], _ after: [SecurityAlternative]) {
        let names = Set(before.flatMap(\.schemes.keys)).intersection(after.flatMap(\.schemes.keys))
        for name in names.sorted() {
            guard let left = scheme(name, old), let right = scheme(name, new) else { continue }
            for key in ["type", "in", "name", "scheme", "openIdConnectUrl"] {
                let (was, now) = (schemeText(left[key], key), schemeText(right[key], key))
                guard was != now else { continue }
                log.report(
                    .breaking, "security-scheme-changed", .new, at: right[key] ?? right, "",
                    "\"\(key)\" of the security scheme \(name) is now \(now ?? "unset"), was \(was ?? "unset")")
            }
        }
    }

    private func scheme(_ name: String, _ document: OpenAPIDocument) -> SourceNode? {
        document.bundle.root["components"]?["securitySchemes"]?[name].flatMap { document.bundle.resolved($0) }
    }

    /// Authentication schemes do not differ by case (RFC 9110 section 11.1).
    private func schemeText(_ node: SourceNode?, _ key: String) -> String? {
        key == "scheme" ? node?.text?.lowercased() : node?.text
    }
}
