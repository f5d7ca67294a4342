public import Documents

/// The schemas that references may name: documents by URI, and the identifiers and anchors inside them.
///
/// One library serves every schema of the same documents, so that they are searched for identifiers once. Nothing is ever fetched:
/// a reference leads to a document given here, to a metaschema of JSON Schema 2020-12 or OpenAPI 3.1, or to what `resolve`
/// answers. Confined to the task that loads.
public final class SchemaLibrary {
    /// One document, or a part of one that `$id` gives a URI of its own.
    struct Resource {
        var uri: String
        let root: SourceNode
        /// False for a part of a document whose whole is not known here: pointers cannot be followed in it.
        var isWhole: Bool
        /// The value of `$schema`, its own or that of the resource around it.
        var dialect: SourceNode?
        /// What `dialect` means, once somebody asked.
        var vocabularies: SchemaVocabularies?
        var anchors: [String: SourceNode] = [:]
        var dynamicAnchors: [String: SourceNode] = [:]
    }

    /// Where a reference leads.
    struct Target {
        let node: SourceNode
        let resource: Int
        /// The name of the dynamic anchor that was named, if it was one.
        var dynamicAnchor: String?
    }

    let dialect: SchemaDialect
    let resolve: (SourceNode) -> SourceNode?
    /// What is wrong with identifiers and dialects, in the order it was found.
    public internal(set) var findings: [Finding] = []
    private(set) var resources: [Resource] = []
    private var byURI: [String: Int] = [:]
    /// The resource each known schema belongs to, and the schema itself, so that its identity is not given to another.
    private var places: [ObjectIdentifier: (resource: Int, node: SourceNode)] = [:]

    /// A library of whole documents by URI, or by file name: the name their nodes carry.
    ///
    /// - Parameter resolve: answers the node that a `$ref` names which leads to none of the documents; nil when there is none.
    public init(
        dialect: SchemaDialect, documents: [String: SourceNode] = [:],
        resolve: @escaping (SourceNode) -> SourceNode? = { _ in nil }
    ) {
        (self.dialect, self.resolve) = (dialect, resolve)
        for (uri, root) in documents.sorted(by: { $0.key < $1.key }) { add(root, uri: uri, isWhole: true) }
    }

    /// The resource of a schema, found out now when it was not known; `parent` is where it would belong without identifiers.
    func resource(of node: SourceNode, in parent: Int?) -> Int {
        if let known = places[ObjectIdentifier(node)] { return known.resource }
        if let parent {
            scan(node, in: parent)
        } else if let known = byURI[node.file], resources[known].isWhole {
            scan(node, in: known)
        } else {
            add(node, uri: node.file, isWhole: node.pointer.isEmpty)
        }
        return places[ObjectIdentifier(node)]?.resource ?? parent ?? resources.count - 1
    }

    @discardableResult
    private func add(_ root: SourceNode, uri: String, isWhole: Bool) -> Int {
        let resource = append(Resource(uri: uri, root: root, isWhole: isWhole))
        // An OpenAPI document has schemas here and there; what is not one has no identifiers.
        if root["openapi"] != nil { scanDocument(root, in: resource) } else { scan(root, in: resource) }
        return resource
    }

    private func append(_ resource: Resource) -> Int {
        resources.append(resource)
        if resource.isWhole { register(resource.uri, resources.count - 1) }
        return resources.count - 1
    }

    private func register(_ uri: String, _ resource: Int) {
        let root = resources[resource].root
        guard let other = byURI.updateValue(resource, forKey: uri), resources[other].root !== root else { return }
        byURI[uri] = other
        let message = "another schema has the URI \(uri); give one of them another"
        findings.append(Finding(at: root["$id"] ?? root, code: "schema-identifier-duplicate", message: message))
    }
}

extension SchemaLibrary {
    /// Notes the resource and the anchors of a schema and of all below it.
    private func scan(_ node: SourceNode, in parent: Int) {
        guard let entries = node.entries, places[ObjectIdentifier(node)] == nil else { return }
        var resource = parent
        if dialect != .oas30 {
            resource = identified(node, in: parent)
            addAnchor("$anchor", of: node, in: resource)
            addAnchor("$dynamicAnchor", of: node, in: resource)
        }
        places[ObjectIdentifier(node)] = (resource, node)
        for entry in entries {
            switch SchemaKeyword.named(entry.key.text ?? "")?.shape ?? .none {
            case .none: break
            case .schema: scan(entry.value, in: resource)
            case .list: for element in entry.value.elements ?? [] { scan(element, in: resource) }
            case .map: for member in entry.value.entries ?? [] { scan(member.value, in: resource) }
            }
        }
    }

    /// Finds the schemas of an OpenAPI document by the keys they stand under.
    private func scanDocument(_ node: SourceNode, in resource: Int) {
        for element in node.elements ?? [] { scanDocument(element, in: resource) }
        for entry in node.entries ?? [] {
            switch entry.key.text {
            case "schema": scan(entry.value, in: resource)
            case "schemas": for member in entry.value.entries ?? [] { scan(member.value, in: resource) }
            case "example", "examples", "default", "value": break
            default: scanDocument(entry.value, in: resource)
            }
        }
    }

    /// The resource that `$id` makes of a schema; its parent's when it has none.
    private func identified(_ node: SourceNode, in parent: Int) -> Int {
        var resource = parent
        if let identifier = node["$id"]?.string {
            let uri = SchemaURI(identifier).resolved(against: resources[parent].uri)
            if resources[parent].root === node {
                // A whole document answers to the name it was given under and to its own.
                resources[parent].uri = uri
                resources[parent].isWhole = true
                register(uri, parent)
            } else {
                resource = append(Resource(uri: uri, root: node, isWhole: true, dialect: resources[parent].dialect))
            }
        }
        if resources[resource].root === node, let dialect = node["$schema"] { resources[resource].dialect = dialect }
        return resource
    }

    private func addAnchor(_ keyword: String, of node: SourceNode, in resource: Int) {
        guard let value = node[keyword], let name = value.string else { return }
        if let other = resources[resource].anchors[name], other !== node {
            let message = "another schema of \(resources[resource].uri) has the anchor \(name); rename one of them"
            findings.append(Finding(at: value, code: "schema-identifier-duplicate", message: message))
            return
        }
        resources[resource].anchors[name] = node
        if keyword == "$dynamicAnchor" { resources[resource].dynamicAnchors[name] = node }
    }

    /// The vocabularies that the schemas of a resource may use.
    func vocabularies(of resource: Int) -> SchemaVocabularies {
        if let known = resources[resource].vocabularies { return known }
        let found = resources[resource].dialect.map(vocabularies) ?? .standard
        resources[resource].vocabularies = found
        return found
    }

    /// The vocabularies of the dialect that `$schema` names.
    private func vocabularies(_ dialect: SourceNode) -> SchemaVocabularies {
        let uri = SchemaURI(dialect.string ?? "").resolved(against: "")
        guard uri != "https://json-schema.org/draft/2020-12/schema", uri != "https://spec.openapis.org/oas/3.1/dialect/base"
        else {
            return .standard
        }
        guard let metaschema = document(uri) else {
            let message = "the dialect \(uri) is not known; use JSON Schema 2020-12 or give its metaschema"
            findings.append(Finding(at: dialect, code: "schema-dialect-unsupported", message: message))
            return .standard
        }
        guard let entries = resources[metaschema].root["$vocabulary"]?.entries else { return .standard }
        var found = SchemaVocabularies.core
        for entry in entries {
            if let known = SchemaVocabularies(uri: entry.key.text ?? "") {
                found.formUnion(known)
            } else if entry.value.bool == true {
                let message = "the dialect needs the vocabulary \(entry.key.text ?? ""), which is not known"
                findings.append(Finding(at: dialect, code: "schema-dialect-unsupported", message: message))
            }
        }
        return found
    }

    /// The resource with a URI, a metaschema known by heart among them.
    private func document(_ uri: String) -> Int? {
        if let known = byURI[uri] { return known }
        guard dialect != .oas30, let text = MetaSchemas.text(uri),
            let root = try? SourceDocument.parse(text: Array(text.utf8), file: uri).get()
        else { return nil }
        return add(root, uri: uri, isWhole: true)
    }

    /// Where the reference `reference`, which stands in `resource`, leads; nil when nothing is there.
    func target(of reference: SourceNode, in resource: Int) -> Target? {
        guard let text = reference.string else { return nil }
        let uri = SchemaURI(text)
        if !resources[resource].isWhole, let node = resolve(reference) { return Target(node: node, resource: -1) }
        let isHere = uri.scheme == nil && uri.authority == nil && uri.path.isEmpty && uri.query == nil
        guard let other = isHere ? resource : document(uri.resolved(against: resources[resource].uri)),
            let target = target(of: uri.fragment ?? "", in: other)
        else { return resolve(reference).map { Target(node: $0, resource: -1) } }
        return target
    }

    private func target(of fragment: Substring, in resource: Int) -> Target? {
        guard let fragment = percentDecoded(fragment) else { return nil }
        let root = resources[resource].root
        if fragment.isEmpty { return Target(node: root, resource: resource) }
        guard fragment.utf8.first != UInt8(ascii: "/") else {
            guard resources[resource].isWhole, let node = root.node(at: fragment) else { return nil }
            return Target(node: node, resource: resource)
        }
        guard let node = resources[resource].anchors[fragment] else { return nil }
        let isDynamic = resources[resource].dynamicAnchors[fragment] === node
        return Target(node: node, resource: resource, dynamicAnchor: isDynamic ? fragment : nil)
    }
}
