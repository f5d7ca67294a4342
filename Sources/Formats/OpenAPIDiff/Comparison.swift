import Documents
import HTTPSemantics
import OpenAPI

/// One run of a comparison: both documents, what was compared already, what was found.
final class Comparison {
    let old: OpenAPIDocument
    let new: OpenAPIDocument
    let oldTypes: TypeMemo
    let newTypes: TypeMemo
    let log = DiffLog()
    /// Pairs of schemas that were compared or are being compared, so that schemas that hold themselves end.
    var visited: Set<SchemaPair> = []

    struct SchemaPair: Hashable {
        var old: [ObjectIdentifier]
        var new: [ObjectIdentifier]
        var part: Scene.Part
    }

    init(_ old: OpenAPIDocument, _ new: OpenAPIDocument) {
        self.old = old
        self.new = new
        oldTypes = TypeMemo(old)
        newTypes = TypeMemo(new)
    }

    func compareDocuments() {
        compareServers()
        if old.version != new.version {
            log.report(
                .note, "openapi-version-changed", .new, at: new.bundle.root["openapi"] ?? new.bundle.root, "",
                "the document is now OpenAPI \(new.version.rawValue), was \(old.version.rawValue)")
        }
        let pairs = OperationPairs(old: old.operations, new: new.operations)
        reportRemoved(pairs)
        for (old, new) in pairs.matched { compare(old, new) }
        reportAdded(pairs)
    }

    private func compareServers() {
        let place = new.bundle.root["servers"] ?? new.bundle.root
        if old.basePath != new.basePath {
            log.report(
                .breaking, "base-path-changed", .new, at: place, "",
                "the base path of every operation is now \"\(new.basePath)\", was \"\(old.basePath)\"")
        } else if servers(old) != servers(new) {
            log.report(.note, "servers-changed", .new, at: place, "", "the servers differ; the base path is the same")
        }
    }

    private func servers(_ document: OpenAPIDocument) -> [String] {
        (document.bundle.root["servers"]?.elements ?? []).map { $0["url"]?.text ?? "" }
    }

    private func reportRemoved(_ pairs: OperationPairs) {
        let kept = Set(new.operations.map { OperationPairs.shape(of: $0.path) })
        let byPath = Dictionary(grouping: pairs.removed, by: \.path)
        var gone: Set<String> = []
        for operation in pairs.removed {
            if kept.contains(OperationPairs.shape(of: operation.path)) {
                log.report(
                    .breaking, "operation-removed", .old, at: operation.node, operation.title,
                    "the path no longer has this method")
            } else if gone.insert(operation.path).inserted {
                let methods = (byPath[operation.path] ?? []).map { "\($0.method.token)" }
                log.report(
                    .breaking, "path-removed", .old, at: operation.pathNode, operation.path,
                    "the path is gone with its \(methods.joined(separator: ", "))")
            }
        }
    }

    private func reportAdded(_ pairs: OperationPairs) {
        for operation in pairs.added {
            log.report(.note, "operation-added", .new, at: operation.node, operation.title, "the operation is new")
        }
    }
}

/// The operations of two documents, matched by method and path; names of path parameters do not count.
struct OperationPairs {
    private(set) var matched: [(old: OpenAPIOperation, new: OpenAPIOperation)] = []
    private(set) var removed: [OpenAPIOperation] = []
    private(set) var added: [OpenAPIOperation] = []

    init(old: [OpenAPIOperation], new: [OpenAPIOperation]) {
        var waiting: [String: [OpenAPIOperation]] = [:]
        for operation in old { waiting[Self.key(operation), default: []].append(operation) }
        for operation in new {
            let key = Self.key(operation)
            guard var candidates = waiting[key], !candidates.isEmpty else {
                added.append(operation)
                continue
            }
            // Templates that differ in names alone are one path; the one that is named alike goes first.
            let index = candidates.firstIndex { $0.path == operation.path } ?? 0
            matched.append((candidates.remove(at: index), operation))
            waiting[key] = candidates
        }
        let left = Set(waiting.values.joined().map { ObjectIdentifier($0.node) })
        removed = old.filter { left.contains(ObjectIdentifier($0.node)) }
    }

    private static func key(_ operation: OpenAPIOperation) -> String {
        "\(operation.method.token) \(shape(of: operation.path))"
    }

    /// The path with every parameter's name left out: `/data/{}/{}`.
    static func shape(of path: String) -> String {
        guard let template = ValueTemplate(path) else { return path }
        return template.parts.map { if case .literal(let text) = $0 { text } else { "{}" } }.joined()
    }
}

extension OpenAPIOperation {
    /// `POST /contacts`.
    var title: String { "\(method.token) \(path)" }
}
