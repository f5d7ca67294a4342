import Documents
public import OpenAPI

/// One OpenAPI 3.1 document made of those of several services: every path below a prefix, with what the paths refer to.
///
/// The same documents in the same order give the same bytes. The result refers to nothing outside of itself: what was referred to is in
/// `components`, under its own name where that is free or has the very same there already, otherwise with the service's name before it.
/// Schemas of OpenAPI 3.0 are converted.
/// Servers of the documents are not taken (paths are whole), nor are the gateway's own `x-` members, which say how a request is treated inside.
public struct DocumentMerge {
    /// A service and its document.
    public struct Part: Sendable {
        /// Stands before names that are taken.
        public let service: String
        public let document: OpenAPIDocument

        public init(service: String, document: OpenAPIDocument) {
            self.service = service
            self.document = document
        }
    }

    /// Of the result.
    public static let version = "3.1.1"
    /// Things in `components`.
    public static let maximumComponents = 50_000

    /// Merges what `parts` have at and below `prefix` (such as `/api/v1`).
    ///
    /// - Parameters:
    ///   - title: `info.title` of the result.
    ///   - number: `info.version` of the result.
    public static func merge(
        _ parts: [Part], below prefix: String, title: String, number: String
    ) throws(MergeFault) -> MergedValue {
        var merge = DocumentMerge()
        for part in parts { try merge.take(part, below: prefix) }
        guard !merge.paths.isEmpty else { throw MergeFault(code: .empty, message: "no document has a path below \(prefix)") }
        return merge.document(title: title, number: number)
    }

    /// What is referred to: one node of one file of one part.
    struct Target: Hashable, Sendable {
        let part: Int
        let file: String
        let pointer: String
    }

    struct Component {
        let name: String
        let node: SourceNode
        let place: Place
        let part: Int
    }

    /// A path of the result; methods of several documents may meet at one.
    private struct Path {
        let name: String
        var members: [(name: String, value: MergedValue)]
        /// Whether its parameters or texts are for all of its methods.
        let hasShared: Bool
    }

    var parts: [Part] = []
    private var paths: [Path] = []
    private var pathIndex: [String: Int] = [:]
    /// By section, in the order in which they were found.
    var components: [String: [Component]] = [:]
    var names: [String: Set<String>] = [:]
    /// Places in `components` of those that wished for a name, by section and name.
    var wishes: [String: [String: [Int]]] = [:]
    var sameness = Sameness()
    /// Path items that stand for references right now.
    var inlined = 0
    var known: [String: [Target: String]] = [:]
    var waiting: [(section: String, index: Int)] = []
    private var resolved: [String: [Int: MergedValue]] = [:]
    private var tags: [(name: String, value: MergedValue)] = []
    private var operationIDs: Set<String> = []
    var componentCount = 0

    /// The part whose values are taken now.
    var current = 0
    /// New names of the current part's operations, by their own; filled before its operations are taken.
    var renamed: [[String: String]] = []

    var part: Part { parts[current] }
    var root: SourceNode { part.document.bundle.root }

    // MARK: Paths

    private mutating func take(_ part: Part, below prefix: String) throws(MergeFault) {
        parts.append(part)
        current = parts.count - 1
        let base = part.document.basePath
        let all = root["paths"]?.entries ?? []
        let chosen = all.filter { Self.isBelow(prefix, base + ($0.key.text ?? "")) }
        renamed.append(nameOperations(chosen.map(\.value)))
        for entry in chosen { try take(entry.value, at: base + (entry.key.text ?? "")) }
        guard !chosen.isEmpty else { return }
        for tag in root["tags"]?.elements ?? [] {
            guard let name = tag["name"]?.string, !tags.contains(where: { $0.name == name }) else { continue }
            tags.append((name, try value(tag, .data)))
        }
        // Before the next part, which must not take the names of this one's.
        try resolveComponents()
    }

    private static func isBelow(_ prefix: String, _ path: String) -> Bool { path == prefix || path.hasPrefix(prefix + "/") }

    /// Gives every operation an id that no other part has.
    private mutating func nameOperations(_ items: [SourceNode]) -> [String: String] {
        var names: [String: String] = [:]
        for item in items {
            for entry in part.document.bundle.resolved(item)?.entries ?? [] where Place.methods.contains(entry.key.text ?? "") {
                guard let id = entry.value["operationId"]?.string, names[id] == nil else { continue }
                names[id] = Self.free(id, service: part.service, in: &operationIDs)
            }
        }
        return names
    }

    private mutating func take(_ item: SourceNode, at path: String) throws(MergeFault) {
        guard let node = part.document.bundle.resolved(item), let entries = node.entries else {
            throw fault(.reference, item, "the path \(path) leads nowhere")
        }
        var members: [(name: String, value: MergedValue)] = []
        var hasShared = false
        for entry in entries {
            let name = entry.key.text ?? ""
            guard name != "servers", name != "$ref", !Self.isInternal(name) else { continue }
            if Place.methods.contains(name) {
                members.append((name, try operation(entry.value)))
            } else {
                members.append((name, try value(entry.value, Place.pathItem.member(name))))
                hasShared = true
            }
        }
        guard let index = pathIndex[path] else {
            pathIndex[path] = paths.count
            return paths.append(Path(name: path, members: members, hasShared: hasShared))
        }
        let other = paths[index]
        let isTwice = members.contains { member in other.members.contains { $0.name == member.name } }
        guard !isTwice, !hasShared, !other.hasShared else {
            throw fault(.duplicatePath, item, "\(path) is described by another document too")
        }
        paths[index].members += members
    }

    /// An operation, with what its document says of all: who may call it.
    private mutating func operation(_ node: SourceNode) throws(MergeFault) -> MergedValue {
        guard case .object(var members) = try value(node, .operation) else { return try value(node, .data) }
        if node["security"] == nil, let common = root["security"] {
            members.append(("security", try value(common, .requirement)))
        }
        return .object(members)
    }

    // MARK: The result

    /// Takes what was referred to, and what that refers to.
    private mutating func resolveComponents() throws(MergeFault) {
        while let next = waiting.popLast() {
            guard let component = components[next.section]?[next.index] else { continue }
            resolved[next.section, default: [:]][next.index] = try value(component.node, component.place)
        }
    }

    private func document(title: String, number: String) -> MergedValue {
        var members: [(name: String, value: MergedValue)] = [
            ("openapi", .string(Self.version)),
            ("info", .object([("title", .string(title)), ("version", .string(number))])),
        ]
        if !tags.isEmpty { members.append(("tags", .array(tags.map(\.value)))) }
        members.append(("paths", .object(paths.map { ($0.name, .object($0.members)) })))
        let sections = Place.sections.compactMap { section -> (name: String, value: MergedValue)? in
            guard let found = components[section.name] else { return nil }
            let values = found.indices.sorted { found[$0].name < found[$1].name }.map { index in
                (name: found[index].name, value: resolved[section.name]?[index] ?? .object([]))
            }
            return (section.name, .object(values))
        }
        if !sections.isEmpty { members.append(("components", .object(sections))) }
        return .object(members)
    }
}
