import Bytes
import Documents

extension SchemaCompiler {
    func objectRule(of site: SchemaSite) -> Int32 {
        var rule = ObjectRule()
        rule.isTracked = site.isMarked
        let entries = entries(properties(of: site), requiredNames(of: site), &rule)
        rule.names = builder.add(names: entries)
        rule.patterns = patternProperties(of: site)
        if let value = site["additionalProperties"] {
            rule.additional = value.bool == false ? Schema.never : value.bool == true ? Schema.any : schema(value, of: site)
        } else if !site.asksForMembers, let value = site["unevaluatedProperties"] {
            rule.additional = value.bool == false ? Schema.never : schema(value, of: site)
            rule.additionalKeyword = .unevaluatedProperties
        }
        if let value = site["propertyNames"] { rule.propertyNames = schema(value, of: site) }
        rule.dependencies = dependencies(of: site)
        rule.minProperties = count("minProperties", of: site) ?? 0
        rule.maxProperties = count("maxProperties", of: site) ?? .max
        let limitsMembers = rule.additional != Schema.any && rule.additional != Schema.absent
        rule.walksMembers =
            !entries.isEmpty || rule.patterns.count > 0 || limitsMembers || rule.propertyNames != Schema.any
        rule.hasNamesOnly = rule.patterns.count == 0 && rule.propertyNames == Schema.any && !rule.isTracked
        let marksAll = rule.isTracked && rule.additional == Schema.any
        guard
            rule.walksMembers || rule.minProperties > 0 || rule.maxProperties < .max || rule.dependencies.count > 0 || marksAll
        else { return -1 }
        builder.objects.append(rule)
        return Int32(builder.objects.count - 1)
    }

    private func properties(of site: SchemaSite) -> [(name: String, schema: Int32)] {
        guard let value = site["properties"] else { return [] }
        guard let entries = value.entries else {
            invalid("properties", value, "an object of schemas")
            return []
        }
        return entries.map { entry in
            let isRefused = options.refusesForeignMembers && isMarked(entry.value, of: site)
            return (entry.key.text ?? "", isRefused ? Schema.foreign : schema(entry.value, of: site))
        }
    }

    private func patternProperties(of site: SchemaSite) -> Run {
        guard let value = site["patternProperties"] else { return Run() }
        if value.entries == nil { invalid("patternProperties", value, "an object of schemas") }
        var found: [PatternProperty] = []
        for entry in value.entries ?? [] {
            let pattern = pattern(entry.key.text ?? "", entry.key)
            found.append(PatternProperty(pattern: pattern, schema: schema(entry.value, of: site)))
        }
        let run = Run(start: Int32(builder.patternProperties.count), count: Int32(found.count))
        builder.patternProperties += found
        return run
    }

    private func requiredNames(of site: SchemaSite) -> [String] {
        guard let value = site["required"] else { return [] }
        guard let names = strings(value) else {
            invalid("required", value, "a list of names")
            return []
        }
        if site.dialect == .oas30, names.isEmpty { invalid("required", value, "a list of at least one name") }
        if options.direction == .either { return names }
        var included = Included()
        include(site.node, site.resource, depth: 0, &included)
        // A member need not be sent in this direction when it is marked as belonging to the other one.
        return names.filter { name in
            !included.properties.contains { declaration in
                declaration.node[name].map { isMarked($0, declaration.resource, depth: 0) } ?? false
            }
        }
    }

    /// Levels of `allOf` and references within which a required member's mark is looked for.
    private static let mostMarkDepth = 8

    /// Where a schema, and those that it includes, declare members.
    private struct Included {
        var properties: [(node: SourceNode, resource: Int)] = []
        /// Schemas that are still looked at: whoever includes more than this looks for a mark in vain.
        var left = 64
    }

    private func include(_ node: SourceNode, _ resource: Int, depth: Int, _ included: inout Included) {
        guard depth < Self.mostMarkDepth, included.left > 0 else { return }
        included.left -= 1
        let resource = library.resource(of: node, in: resource)
        if let properties = node["properties"] { included.properties.append((properties, resource)) }
        for part in node["allOf"]?.elements?.prefix(included.left) ?? [] {
            include(part, resource, depth: depth + 1, &included)
        }
        guard let target = node["$ref"].flatMap({ library.target(of: $0, in: resource) }) else { return }
        include(target.node, target.resource < 0 ? resource : target.resource, depth: depth + 1, &included)
    }

    private func isMarked(_ property: SourceNode, of site: SchemaSite) -> Bool {
        options.direction != .either && isMarked(property, site.resource, depth: 0)
    }

    private func isMarked(_ property: SourceNode, _ resource: Int, depth: Int) -> Bool {
        if property[options.direction == .request ? "readOnly" : "writeOnly"]?.bool == true { return true }
        // References in a circle are a finding elsewhere; here they must only end.
        guard depth < Self.mostMarkDepth, let reference = property["$ref"] else { return false }
        let resource = library.resource(of: property, in: resource)
        guard let target = library.target(of: reference, in: resource) else { return false }
        return isMarked(target.node, target.resource < 0 ? resource : target.resource, depth: depth + 1)
    }

    private func entries(_ declared: [(name: String, schema: Int32)], _ required: [String], _ rule: inout ObjectRule)
        -> [Property]
    {
        var bits: [String: Int] = [:]
        for name in required where bits[name] == nil { bits[name] = bits.count }
        let declaredNames = Set(declared.map(\.name))
        let undeclared = bits.keys.filter { !declaredNames.contains($0) }.sorted()
        var further: [Int32] = []
        var entries: [Property] = []
        for (name, schema) in declared + undeclared.map({ ($0, Schema.any) }) {
            var property = builder.property(named: name)
            property.schema = schema
            property.isDeclared = declaredNames.contains(name)
            if let number = bits[name] {
                if number < UInt64.bitWidth { property.bit = 1 << UInt64(number) } else { further.append(Int32(entries.count)) }
            }
            rule.required |= property.bit
            entries.append(property)
        }
        rule.furtherRequired = builder.add(list: further)
        return entries
    }

    private func dependencies(of site: SchemaSite) -> Run {
        var found: [Dependency] = []
        func add(_ keyword: String, _ expected: String, _ dependency: (SourceNode) -> Dependency?) {
            guard let value = site[keyword] else { return }
            if value.entries == nil { invalid(keyword, value, "an object of \(expected)") }
            for entry in value.entries ?? [] {
                if var dependency = dependency(entry.value) {
                    dependency.name = builder.add(text: entry.key.text ?? "")
                    found.append(dependency)
                } else {
                    invalid(keyword, entry.value, "a list of names")
                }
            }
        }
        let names = { (node: SourceNode) in
            self.strings(node).map { Dependency(name: Run(), required: self.builder.add(names: $0)) }
        }
        let schema = { (node: SourceNode) in Dependency(name: Run(), schema: self.inPlace(node, of: site)) }
        add("dependentRequired", "lists of names", names)
        add("dependentSchemas", "schemas", schema)
        // What both of them were in earlier drafts.
        add("dependencies", "schemas and lists of names") { $0.elements == nil ? schema($0) : names($0) }
        let run = Run(start: Int32(builder.dependencies.count), count: Int32(found.count))
        builder.dependencies += found
        return run
    }

    /// The strings of a list, or nil when it is not a list of strings.
    private func strings(_ node: SourceNode) -> [String]? {
        guard let elements = node.elements else { return nil }
        let strings = elements.compactMap(\.string)
        return strings.count == elements.count ? strings : nil
    }
}
