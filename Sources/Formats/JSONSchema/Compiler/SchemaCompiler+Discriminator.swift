import Documents

extension SchemaCompiler {
    /// The table that finds the alternative of `oneOf` or `anyOf` by the value of one member (OpenAPI 3.1 section 4.8.25); -1 when
    /// there is none.
    ///
    /// A value names an alternative by `mapping`, or by the last part of the reference that the alternative is.
    func discriminator(of site: SchemaSite, _ rule: GeneralRule) -> Int32 {
        guard let node = site["discriminator"] else { return -1 }
        guard let name = node["propertyName"]?.string else {
            invalid("discriminator", node, "an object with a propertyName")
            return -1
        }
        let list = rule.oneOf.count > 0 ? rule.oneOf : rule.anyOf
        // Without alternatives it only tells readers that schemas which include this one have a name.
        guard list.count > 0, rule.oneOf.count == 0 || rule.anyOf.count == 0 else { return -1 }
        let alternatives = site[rule.oneOf.count > 0 ? "oneOf" : "anyOf"]?.elements ?? []
        let schemas = list.indices.map { builder.lists[Int($0)] }
        let known = named(alternatives, schemas, site)
        var values: [(value: String, schema: Int32)] = []
        for entry in node["mapping"]?.entries ?? [] {
            let target = library.target(of: entry.value, in: site.resource)?.node
            if let schema = known.byName[entry.value.string ?? ""] ?? target.flatMap({ known.byNode[ObjectIdentifier($0)] }) {
                values.append((entry.key.text ?? "", schema))
            } else {
                warning(
                    entry.value, "schema-discriminator-unmatched",
                    "the value leads to none of the alternatives, so that it is refused; correct the mapping")
            }
        }
        let mapped = Set(values.map(\.value))
        for (alternative, schema) in zip(alternatives, schemas) {
            guard let name = Self.name(of: alternative), !mapped.contains(name) else { continue }
            values.append((name, schema))
        }
        let properties = values.map { entry in
            var property = builder.property(named: entry.value)
            property.schema = entry.schema
            return property
        }
        let hasUnnamed = zip(alternatives, schemas).contains { alternative, _ in alternative["$ref"] == nil }
        builder.discriminators.append(
            DiscriminatorRule(name: builder.add(text: name), values: builder.add(names: properties), hasUnnamed: hasUnnamed))
        return Int32(builder.discriminators.count - 1)
    }

    /// The alternatives by what `mapping` may call them: a schema's name, the reference as it is written, or the schema itself.
    private func named(
        _ alternatives: [SourceNode], _ schemas: [Int32], _ site: SchemaSite
    ) -> (byName: [String: Int32], byNode: [ObjectIdentifier: Int32]) {
        var byName: [String: Int32] = [:]
        var byNode: [ObjectIdentifier: Int32] = [:]
        for (alternative, schema) in zip(alternatives, schemas) {
            guard let reference = alternative["$ref"] else { continue }
            byName[reference.string ?? "", default: schema] = schema
            if let name = Self.name(of: alternative) { byName[name, default: schema] = schema }
            if let target = library.target(of: reference, in: site.resource) { byNode[ObjectIdentifier(target.node)] = schema }
        }
        return (byName, byNode)
    }

    /// The name that a reference to a schema gives it: `Dog` of `#/components/schemas/Dog` and of `models/Dog.yaml`.
    private static func name(of alternative: SourceNode) -> String? {
        guard let last = alternative["$ref"]?.string?.split(separator: "/").last else { return nil }
        let isFile = !(alternative["$ref"]?.string?.contains("#") ?? false)
        guard let name = percentDecoded(isFile ? last.prefix { $0 != "." } : last) else { return nil }
        return unescapePointerToken(name)
    }
}
