import Documents

extension SchemaCompiler {
    func arrayRule(of site: SchemaSite) -> Int32 {
        var rule = ArrayRule()
        rule.isTracked = site.isMarked
        if let value = site["prefixItems"] {
            rule.prefix = builder.add(list: schemas("prefixItems", value).map { schema($0, of: site) })
        }
        if let value = site["contains"] {
            rule.contains = schema(value, of: site)
            rule.minContains = count("minContains", of: site) ?? 1
            rule.maxContains = count("maxContains", of: site) ?? .max
        }
        let isClosed = { (value: SourceNode) in value.bool == false && site.dialect != .oas30 }
        if let value = site["items"] {
            rule.items = isClosed(value) ? Schema.never : schema(value, of: site)
        } else if !site.asksForElements, let value = site["unevaluatedItems"] {
            rule.items = isClosed(value) ? Schema.never : schema(value, of: site)
            rule.itemsKeyword = .unevaluatedItems
        }
        rule.minItems = count("minItems", of: site) ?? 0
        rule.maxItems = count("maxItems", of: site) ?? .max
        if let value = site["uniqueItems"] {
            if value.bool == nil { invalid("uniqueItems", value, "true or false") }
            rule.isUnique = value.bool == true
        }
        let hasItems = rule.items != Schema.absent && (rule.items != Schema.any || rule.isTracked)
        let isEmpty =
            rule.prefix.count == 0 && rule.contains == Schema.absent && !hasItems && rule.minItems == 0
            && rule.maxItems == .max && !rule.isUnique
        if isEmpty { return -1 }
        builder.arrays.append(rule)
        return Int32(builder.arrays.count - 1)
    }

    /// The rule of a schema whose `unevaluatedProperties` or `unevaluatedItems` only a check can decide.
    func unevaluatedRule(of site: SchemaSite) -> Int32 {
        var rule = UnevaluatedRule()
        rule.isTracked = site.isTracked
        if site.asksForMembers, let value = site["unevaluatedProperties"] {
            rule.members = value.bool == false ? Schema.never : schema(value, of: site)
        }
        if site.asksForElements, let value = site["unevaluatedItems"] {
            rule.elements = value.bool == false ? Schema.never : schema(value, of: site)
        }
        guard rule.members != Schema.absent || rule.elements != Schema.absent else { return -1 }
        builder.unevaluated.append(rule)
        return Int32(builder.unevaluated.count - 1)
    }
}
