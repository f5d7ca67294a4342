import Bytes
public import Documents
import JSON

extension SchemaProgram {
    /// Compiles the schema at `node`, collecting every finding; there is a program exactly when none of them is an error.
    ///
    /// `resolve` answers the node that a `$ref` names, or nil when there is none; the node of the reference knows its file.
    public static func compile(
        _ node: SourceNode, options: SchemaOptions, resolvingNode resolve: (SourceNode) -> SourceNode?
    ) -> (program: SchemaProgram?, findings: [Finding]) {
        withoutActuallyEscaping(resolve) { resolve in
            let library = SchemaLibrary(dialect: options.dialect, resolve: resolve)
            let (program, findings) = compile([node], options: options, library: library)
            return (program, library.findings + findings)
        }
    }

    /// Compiles several schemas of the same documents into one program, in which what they refer to is there once.
    ///
    /// There is a program exactly when no finding, of the library or of these, is an error. The findings answered are those that the library does
    /// not list. `library` must have the dialect of `options`.
    public static func compile(
        _ nodes: [SourceNode], options: SchemaOptions, library: SchemaLibrary
    ) -> (program: SchemaProgram?, findings: [Finding]) {
        SchemaCompiler(options: options, library: library).finish(nodes)
    }
}

/// Turns trees of nodes into a program.
final class SchemaCompiler {
    /// Most schemas that apply one another to the same value, levels of a constant, and references that lead to references: more
    /// than anybody writes, and little enough to recurse.
    static let mostDepth = 256
    /// Bytes of all constants and names, which a document can repeat through aliases.
    static let mostTextBytes = 64 << 20

    /// Most different patterns of one program and most memory of them: an interface has a few hundred, most of a few kilobytes.
    static let mostPatterns = 4096
    static let mostPatternBytes = 64 << 20

    let options: SchemaOptions
    let library: SchemaLibrary
    var builder = SchemaBuilder()
    /// The node of each schema.
    private(set) var sources: [SourceNode] = []
    var patterns: [String: Int32] = [:]
    /// Memory of all patterns.
    var patternBytes = 0
    /// Names of formats that are none, so that each is warned of once.
    var unknownFormats: Set<String> = []
    /// Reads numbers as they are written.
    let tokenTape = JSONTape()
    private var findings: [Finding] = []
    private var scopes = DynamicScopes()
    private var compiled: [Key: Int32] = [:]
    private var waiting: [SchemaSite] = []
    private var isFull = false

    private struct Key: Hashable {
        let node: ObjectIdentifier
        let scope: Int
        let isTracked: Bool
    }

    init(options: SchemaOptions, library: SchemaLibrary) { (self.options, self.library) = (options, library) }

    func finish(_ nodes: [SourceNode]) -> (program: SchemaProgram?, findings: [Finding]) {
        let roots = nodes.map { schema($0, in: nil, scope: 0, isTracked: false) }
        // Compiling a schema adds those it names: no recursion, however long the way through a document is.
        var next = 0
        while next < waiting.count {
            builder.nodes[next] = rules(of: waiting[next])
            next += 1
        }
        builder.link()
        if !findings.hasErrors { checkCycles() }
        let hasErrors = findings.hasErrors || library.findings.hasErrors
        findings.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
        return (hasErrors ? nil : SchemaProgram(builder, roots: roots, direction: options.direction), findings)
    }

    func report(_ finding: Finding) {
        if findings.count < FindingList.maximumCount { findings.append(finding) }
    }

    func error(_ node: SourceNode, _ code: String, _ message: String) {
        report(Finding(at: node, code: code, message: message))
    }

    func warning(_ node: SourceNode, _ code: String, _ message: String) {
        report(Finding(severity: .warning, at: node, code: code, message: message))
    }

    func invalid(_ keyword: String, _ node: SourceNode, _ expected: String) {
        error(node, "schema-keyword-invalid", "\(keyword) is \(node.noun); it must be \(expected)")
    }

    /// The index of a schema that applies to a part of the value.
    func schema(_ node: SourceNode, of site: SchemaSite) -> Int32 {
        schema(node, in: site.resource, scope: site.scope, isTracked: false)
    }

    /// The index of a schema that applies to the value itself.
    func inPlace(_ node: SourceNode, of site: SchemaSite) -> Int32 {
        schema(node, in: site.resource, scope: site.scope, isTracked: site.isMarked)
    }

    /// The index of the schema at `node`, compiled once for each way of being applied however often it is referred to.
    ///
    /// - Parameter parent: the resource it lies in, if it is known.
    private func schema(_ node: SourceNode, in parent: Int?, scope: Int, isTracked: Bool) -> Int32 {
        var node = node
        var resource = library.resource(of: node, in: parent)
        var scope = scopes.entering(resource, library.resources[resource].dynamicAnchors, from: scope)
        var passed: [Key] = []
        while true {
            let key = Key(node: ObjectIdentifier(node), scope: scope, isTracked: isTracked)
            if let known = compiled[key] { return remember(known, for: passed) }
            // A schema that is nothing but a reference is the one it refers to.
            guard let reference = bareReference(node) else { break }
            guard passed.count < Self.mostDepth, !passed.contains(key) else {
                let isCycle = passed.contains(key)
                error(
                    node, isCycle ? "schema-reference-cycle" : "schema-too-deep",
                    isCycle ? "the schema refers to itself; break the cycle" : "references lead to references; shorten the chain")
                return remember(Schema.any, for: passed)
            }
            passed.append(key)
            guard let target = target(of: reference, in: resource) else { return remember(Schema.any, for: passed) }
            node = target.node
            resource = library.resource(of: node, in: target.resource < 0 ? nil : target.resource)
            scope = scopes.entering(resource, library.resources[resource].dynamicAnchors, from: scope)
        }
        if node.bool == true, options.dialect != .oas30 { return remember(Schema.any, for: passed) }
        let key = Key(node: ObjectIdentifier(node), scope: scope, isTracked: isTracked)
        return remember(add(node, resource, scope, isTracked), for: passed + [key])
    }

    private func remember(_ index: Int32, for keys: [Key]) -> Int32 {
        for key in keys { compiled[key] = index }
        return index
    }

    /// Gives a schema its index and puts it in line.
    private func add(_ node: SourceNode, _ resource: Int, _ scope: Int, _ isTracked: Bool) -> Int32 {
        guard builder.nodes.count < options.mostSchemas, builder.bytes.count + builder.constants.count < Self.mostTextBytes else {
            if !isFull {
                error(node, "schema-too-large", "there are more than \(options.mostSchemas) schemas; split the document")
            }
            isFull = true
            return Schema.any
        }
        let index = Int32(builder.nodes.count)
        builder.nodes.append(SchemaNode())
        builder.pointers.append(builder.add(text: node.pointer))
        sources.append(node)
        waiting.append(SchemaSite(node, library, resource: resource, scope: scope, isTracked: isTracked))
        return index
    }

    private func bareReference(_ node: SourceNode) -> SourceNode? {
        guard let reference = node["$ref"] else { return nil }
        // OpenAPI 3.0: what stands beside a reference is ignored.
        if options.dialect == .oas30 { return reference }
        let hasMore = node.entries?.contains { $0.key.text != "$ref" && !SchemaKeyword.isNote($0.key.text ?? "") } ?? true
        return hasMore ? nil : reference
    }

    /// Where a reference leads; nil after a finding.
    private func target(of reference: SourceNode, in resource: Int) -> SchemaLibrary.Target? {
        guard let text = reference.string else {
            invalid("a reference", reference, "a string")
            return nil
        }
        if let target = library.target(of: reference, in: resource) { return target }
        error(reference, "schema-reference-unresolved", "nothing is found at \(text); correct the reference")
        return nil
    }

    /// The index of the schema that a `$ref` or `$dynamicRef` beside other keywords leads to.
    func reference(_ reference: SourceNode, of site: SchemaSite, isDynamic: Bool) -> Int32 {
        guard let target = target(of: reference, in: site.resource) else { return Schema.any }
        if isDynamic, let name = target.dynamicAnchor, let bound = scopes.anchor(name, in: site.scope) {
            return schema(bound, in: nil, scope: site.scope, isTracked: site.isMarked)
        }
        let resource = target.resource < 0 ? nil : target.resource
        return schema(target.node, in: resource, scope: site.scope, isTracked: site.isMarked)
    }

    private func rules(of site: SchemaSite) -> SchemaNode {
        var rule = SchemaNode()
        let node = site.node
        if node.bool == false, site.dialect != .oas30 {
            rule.types = .none
            return rule
        }
        guard let entries = node.entries else {
            error(node, "schema-not-an-object", "a schema is \(node.noun); write it as an object")
            return rule
        }
        for entry in entries { check(entry.key, of: site) }
        rule.types = types(of: site)
        rule.general = generalRule(of: site)
        rule.object = objectRule(of: site)
        rule.array = arrayRule(of: site)
        rule.string = stringRule(of: site, rule.general)
        rule.number = numberRule(of: site, types: rule.types)
        rule.unevaluated = unevaluatedRule(of: site)
        return rule
    }

    /// Adds a finding for a keyword that becomes no rule and may not be ignored silently.
    private func check(_ key: SourceNode, of site: SchemaSite) {
        let name = key.text ?? ""
        if site.dialect == .oas30 {
            guard let known = SchemaKeyword.named(name), !known.isInOAS30, !SchemaKeyword.isNote(name) else { return }
            warning(key, "schema-keyword-ignored", "OpenAPI 3.0 has no \(name); it is ignored: use OpenAPI 3.1 or remove it")
        } else if let instead = SchemaKeyword.replaced[name] {
            warning(key, "schema-keyword-ignored", "JSON Schema 2020-12 has no \(name); it is ignored: \(instead)")
        }
    }

    private func types(of site: SchemaSite) -> TypeSet {
        guard let value = site["type"] else { return .any }
        var types: TypeSet
        if let name = value.string {
            types = type(named: name, value)
        } else if let elements = value.elements, site.dialect != .oas30 {
            if elements.isEmpty { invalid("type", value, "a type or a list of at least one") }
            types = elements.reduce(into: .none) { $0.formUnion(type(named: $1.string ?? "", $1)) }
        } else {
            invalid("type", value, site.dialect == .oas30 ? "one type" : "a type or a list of types")
            return .any
        }
        if site.dialect == .oas30, let nullable = site["nullable"] {
            if nullable.bool == nil { invalid("nullable", nullable, "true or false") }
            if nullable.bool == true { types.formUnion(.null) }
        }
        return types
    }

    private func type(named name: String, _ node: SourceNode) -> TypeSet {
        guard let type = TypeSet(named: name), options.dialect != .oas30 || type != .null else {
            error(
                node, "schema-keyword-invalid",
                "there is no type \(name); use \(TypeSet.names.map(\.name).joined(separator: ", "))")
            return .any
        }
        return type
    }
}
