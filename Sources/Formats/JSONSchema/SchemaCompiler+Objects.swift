import Bytes
import Documents

extension SchemaCompiler {
    func objectRule(of node: SourceNode) -> Int32 {
        var rule = ObjectRule()
        let declared = properties(of: node)
        let required = requiredNames(of: node)
        let entries = entries(declared, required, &rule)
        (rule.properties, rule.slots) = builder.add(properties: entries)
        if let value = node["additionalProperties"] {
            rule.additional = value.bool == false ? Schema.never : value.bool == true ? Schema.any : schema(value)
        }
        if options.dialect != .oas30 {
            if let value = node["propertyNames"] { rule.propertyNames = schema(value) }
            rule.dependencies = dependencies(of: node)
        }
        rule.minProperties = count("minProperties", of: node) ?? 0
        rule.maxProperties = count("maxProperties", of: node) ?? .max
        rule.walksMembers = !entries.isEmpty || rule.additional != Schema.any || rule.propertyNames != Schema.any
        guard rule.walksMembers || rule.minProperties > 0 || rule.maxProperties < .max || rule.dependencies.count > 0 else {
            return -1
        }
        builder.objects.append(rule)
        return Int32(builder.objects.count - 1)
    }

    private func properties(of node: SourceNode) -> [(name: String, schema: Int32)] {
        guard let value = node["properties"] else { return [] }
        guard let entries = value.entries else {
            invalid("properties", value, "an object of schemas")
            return []
        }
        return entries.map { ($0.key.text ?? "", schema($0.value)) }
    }

    private func requiredNames(of node: SourceNode) -> [String] {
        guard let value = node["required"] else { return [] }
        guard let names = strings(value) else {
            invalid("required", value, "a list of names")
            return []
        }
        if options.dialect == .oas30, names.isEmpty { invalid("required", value, "a list of at least one name") }
        return names.filter { !isExempt($0, of: node) }
    }

    /// Whether a member need not be sent in this direction, because it is marked as belonging to the other one.
    private func isExempt(_ name: String, of node: SourceNode) -> Bool {
        let mark: String
        switch options.direction {
        case .request: mark = "readOnly"
        case .response: mark = "writeOnly"
        case .either: return false
        }
        var property = node["properties"]?[name]
        // References in a circle are a finding elsewhere; here they must only end.
        for _ in 0..<8 {
            guard let current = property else { return false }
            if current[mark]?.bool == true { return true }
            property = current["$ref"].flatMap(resolve)
        }
        return false
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
            var bit: UInt64 = 0
            if let number = bits[name] {
                if number < UInt64.bitWidth { bit = 1 << UInt64(number) } else { further.append(Int32(entries.count)) }
            }
            rule.required |= bit
            let text = builder.add(text: name)
            let word = Array(name.utf8).withByteView { NameWord.load($0) }
            entries.append(
                Property(
                    start: text.start, length: text.count, word: word, schema: schema, bit: bit,
                    isDeclared: declaredNames.contains(name)))
        }
        rule.furtherRequired = builder.add(list: further)
        return entries
    }

    private func dependencies(of node: SourceNode) -> Run {
        var found: [Dependency] = []
        if let value = node["dependentRequired"] {
            if value.entries == nil { invalid("dependentRequired", value, "an object of lists of names") }
            for entry in value.entries ?? [] {
                guard let names = strings(entry.value) else {
                    invalid("dependentRequired", entry.value, "a list of names")
                    continue
                }
                found.append(Dependency(name: builder.add(text: entry.key.text ?? ""), required: builder.add(names: names)))
            }
        }
        if let value = node["dependentSchemas"] {
            if value.entries == nil { invalid("dependentSchemas", value, "an object of schemas") }
            for entry in value.entries ?? [] {
                found.append(Dependency(name: builder.add(text: entry.key.text ?? ""), schema: schema(entry.value)))
            }
        }
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
