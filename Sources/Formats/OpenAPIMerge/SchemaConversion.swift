import Documents

/// What schemas of OpenAPI 3.0 say in the words of 3.1, whose dialect is JSON Schema 2020-12.
enum SchemaConversion {
    /// One schema object; those below it were converted before.
    static func converted(_ members: [(name: String, value: MergedValue)]) -> [(name: String, value: MergedValue)] {
        let schema = MergedValue.object(members)
        var isNullable = false
        if case .scalar(.bool(true))? = schema["nullable"], schema["type"] != nil { isNullable = true }
        return members.compactMap { member in
            switch (member.name, member.value) {
            case ("nullable", _): return nil
            case ("type", .scalar(.string(let type))) where isNullable:
                return ("type", .array([.string(type), .string("null")]))
            // In 3.0 a list of values that has no null does not allow it, nullable or not.
            case ("exclusiveMinimum", .scalar(.bool(let isExclusive))):
                return isExclusive ? schema["minimum"].map { ("exclusiveMinimum", $0) } : nil
            case ("exclusiveMaximum", .scalar(.bool(let isExclusive))):
                return isExclusive ? schema["maximum"].map { ("exclusiveMaximum", $0) } : nil
            case ("minimum", _) where schema.isTrue("exclusiveMinimum"): return nil
            case ("maximum", _) where schema.isTrue("exclusiveMaximum"): return nil
            default: return member
            }
        }
    }
}

extension MergedValue {
    fileprivate func isTrue(_ name: String) -> Bool {
        if case .scalar(.bool(true))? = self[name] { true } else { false }
    }
}
