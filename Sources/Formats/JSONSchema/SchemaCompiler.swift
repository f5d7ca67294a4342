import Bytes
public import Documents
import JSON

extension SchemaProgram {
    /// Compiles the schema at `node`, collecting every finding; there is a program exactly when none of them is an error.
    ///
    /// `resolve` answers the node a `$ref` names, or nil when there is none. A keyword that could make a value invalid and is
    /// not implemented is an error (`schema-keyword-unsupported`); notes are ignored.
    public static func compile(
        _ node: SourceNode, options: SchemaOptions, resolve: (String) -> SourceNode?
    ) -> (program: SchemaProgram?, findings: [Finding]) {
        compile(node, options: options, resolvingNode: { reference in reference.string.flatMap(resolve) })
    }

    /// The same with references of several files: `resolve` is given the node of the reference, which knows its file.
    public static func compile(
        _ node: SourceNode, options: SchemaOptions, resolvingNode resolve: (SourceNode) -> SourceNode?
    ) -> (program: SchemaProgram?, findings: [Finding]) {
        withoutActuallyEscaping(resolve) { resolve in
            let compiler = SchemaCompiler(options: options, root: node, resolve: resolve)
            return compiler.finish()
        }
    }
}

/// Turns a tree of nodes into a program.
final class SchemaCompiler {
    /// Deepest nesting of schemas, counted through references.
    static let mostDepth = 256
    /// Most schemas of one program, so that a document cannot fill the memory.
    static let mostSchemas = 65_536

    let options: SchemaOptions
    let resolve: (SourceNode) -> SourceNode?
    var builder = SchemaBuilder()
    private(set) var findings: [Finding] = []
    /// The node of each schema.
    private(set) var sources: [SourceNode] = []
    private let root: SourceNode
    private var compiled: [ObjectIdentifier: Int32] = [:]
    private var depth = 0
    private var isFull = false

    init(options: SchemaOptions, root: SourceNode, resolve: @escaping (SourceNode) -> SourceNode?) {
        (self.options, self.root, self.resolve) = (options, root, resolve)
    }

    func finish() -> (program: SchemaProgram?, findings: [Finding]) {
        let index = schema(root)
        if !findings.hasErrors { checkCycles() }
        return (findings.hasErrors ? nil : SchemaProgram(builder, root: index), findings)
    }

    func error(_ node: SourceNode, _ code: String, _ message: String) {
        findings.append(Finding(at: node, code: code, message: message))
    }

    func warning(_ node: SourceNode, _ code: String, _ message: String) {
        findings.append(Finding(severity: .warning, at: node, code: code, message: message))
    }

    func invalid(_ keyword: String, _ node: SourceNode, _ expected: String) {
        error(node, "schema-keyword-invalid", "\(keyword) is \(node.noun); it must be \(expected)")
    }

    /// The index of the schema at `node`, compiled once however often it is referred to.
    func schema(_ node: SourceNode) -> Int32 {
        if let known = compiled[ObjectIdentifier(node)] { return known }
        guard depth < Self.mostDepth else {
            error(node, "schema-too-deep", "schemas are nested deeper than \(Self.mostDepth); flatten them")
            return Schema.any
        }
        guard builder.nodes.count < Self.mostSchemas else {
            if !isFull { error(node, "schema-too-large", "there are more than \(Self.mostSchemas) schemas; split the document") }
            isFull = true
            return Schema.any
        }
        let index = Int32(builder.nodes.count)
        compiled[ObjectIdentifier(node)] = index
        builder.nodes.append(SchemaNode())
        builder.pointers.append(node.pointer)
        sources.append(node)
        depth += 1
        builder.nodes[Int(index)] = rules(of: node)
        depth -= 1
        return index
    }

    private func rules(of node: SourceNode) -> SchemaNode {
        var rule = SchemaNode()
        if let isOpen = node.bool, options.dialect != .oas30 {
            rule.types = isOpen ? .any : .none
            return rule
        }
        guard let entries = node.entries else {
            error(node, "schema-not-an-object", "a schema is \(node.noun); write it as an object")
            return rule
        }
        if options.dialect == .oas30, let reference = node["$ref"] {
            // OpenAPI 3.0: what stands beside a reference is ignored.
            rule.general = general { $0.reference = self.reference(reference) }
            return rule
        }
        for entry in entries { check(entry.key, entry.value, of: node) }
        rule.types = types(of: node)
        rule.object = objectRule(of: node)
        rule.array = arrayRule(of: node)
        rule.string = stringRule(of: node)
        rule.number = numberRule(of: node, types: rule.types)
        rule.general = generalRule(of: node)
        return rule
    }

    /// Adds a finding for a keyword that becomes no rule and may not be ignored silently.
    private func check(_ key: SourceNode, _ value: SourceNode, of node: SourceNode) {
        let name = key.text ?? ""
        if options.dialect == .oas30, SchemaKeywords.unknownToOAS30.contains(name) {
            warning(key, "schema-keyword-ignored", "OpenAPI 3.0 has no \(name); it is ignored: use OpenAPI 3.1 or remove it")
        } else if SchemaKeywords.unsupported.contains(name) {
            error(key, "schema-keyword-unsupported", "\(name) is not supported yet; remove it or express the rule otherwise")
        } else if name == "$id", node !== root {
            error(key, "schema-keyword-unsupported", "$id inside a schema is not supported yet; use references into one document")
        } else if name == "$schema", !SchemaKeywords.dialects.contains(value.string ?? "") {
            error(
                value, "schema-dialect-unsupported", "only JSON Schema 2020-12 is supported; remove $schema or rewrite the schema"
            )
        }
    }

    func reference(_ node: SourceNode) -> Int32 {
        guard let text = node.string else {
            invalid("$ref", node, "a string")
            return Schema.any
        }
        guard let target = resolve(node) else {
            error(node, "schema-reference-unresolved", "nothing is found at \(text); correct the reference")
            return Schema.any
        }
        return schema(target)
    }

    func general(_ body: (inout GeneralRule) -> Void) -> Int32 {
        var rule = GeneralRule()
        body(&rule)
        builder.generals.append(rule)
        return Int32(builder.generals.count - 1)
    }

    private func types(of node: SourceNode) -> TypeSet {
        guard let value = node["type"] else { return .any }
        var types: TypeSet
        if let name = value.string {
            types = type(named: name, value)
        } else if let elements = value.elements, options.dialect != .oas30 {
            if elements.isEmpty { invalid("type", value, "a type or a list of at least one") }
            types = elements.reduce(into: .none) { $0.formUnion(type(named: $1.string ?? "", $1)) }
        } else {
            invalid("type", value, options.dialect == .oas30 ? "one type" : "a type or a list of types")
            return .any
        }
        if options.dialect == .oas30, let nullable = node["nullable"] {
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
