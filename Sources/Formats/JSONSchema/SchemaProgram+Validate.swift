public import JSON

extension SchemaProgram {
    /// The rules that the value on the tape breaks, at most `maxErrors`; none means it is valid.
    ///
    /// Valid values allocate nothing. An invalid one is checked a second time to collect what is wrong with it; one error at
    /// least is answered, whatever `maxErrors` is. A check that needs more than the steps `SchemaScratch`
    /// allows ends as invalid.
    public func validate(_ tape: JSONTape, scratch: SchemaScratch, maxErrors: Int = 16) -> [SchemaError] {
        validate(tape, at: 0, scratch: scratch, maxErrors: maxErrors)
    }

    /// The same for the value at node `index`; pointers are still from the root of the tape.
    public func validate(_ tape: JSONTape, at index: Int, scratch: SchemaScratch, maxErrors: Int = 16) -> [SchemaError] {
        guard tape.count > index else {
            return [
                SchemaError(instancePointer: "", schemaPointer: pointers[Int(root)], keyword: "limit", message: "is not there")
            ]
        }
        scratch.begin(nodes: tape.count, collecting: false, mostErrors: 0)
        if apply(root, tape, index, scratch) { return [] }
        scratch.begin(nodes: tape.count, collecting: true, mostErrors: max(1, maxErrors))
        defer { scratch.errors = [] }
        _ = apply(root, tape, index, scratch)
        if scratch.errors.isEmpty { _ = overrun(scratch, tape, index) }
        return scratch.errors
    }

    /// Whether the value on the tape satisfies the schema; says nothing about why not.
    public func isValid(_ tape: JSONTape, scratch: SchemaScratch) -> Bool {
        guard tape.count > 0 else { return false }
        scratch.begin(nodes: tape.count, collecting: false, mostErrors: 0)
        return apply(root, tape, 0, scratch)
    }

    private func overrun(_ scratch: SchemaScratch, _ tape: JSONTape, _ index: Int) -> Bool {
        scratch.begin(nodes: tape.count, collecting: true, mostErrors: 1)
        return scratch.fail(self, root, tape, index, "limit", "is too complex to be checked")
    }

    /// Whether the value satisfies a schema; records failures while collecting.
    func apply(_ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        if schema == Schema.any { return true }
        scratch.stepsLeft &-= 1
        guard scratch.stepsLeft >= 0, scratch.depth < SchemaScratch.mostDepth else { return scratch.giveUp() }
        let node = nodes[schema]
        var isValid = true
        switch tape.kind(index) {
        case .object:
            if !node.types.contains(.object) { return wrongType(node, schema, tape, index, scratch) }
            if node.object >= 0 {
                scratch.depth &+= 1
                isValid = applyObject(objects[node.object], schema, tape, index, scratch)
                scratch.depth &-= 1
            }
        case .array:
            if !node.types.contains(.array) { return wrongType(node, schema, tape, index, scratch) }
            if node.array >= 0 {
                scratch.depth &+= 1
                isValid = applyArray(arrays[node.array], schema, tape, index, scratch)
                scratch.depth &-= 1
            }
        case .string, .key:
            if !node.types.contains(.string) { return wrongType(node, schema, tape, index, scratch) }
            if node.string >= 0 { isValid = applyString(strings[node.string], schema, tape, index, scratch) }
        case .number:
            if !node.types.contains(.number) {
                guard node.types.contains(.integer), tape.isInteger(index) || JSONNumber.isIntegral(tape.raw(index)) else {
                    return wrongType(node, schema, tape, index, scratch)
                }
            }
            if node.number >= 0 { isValid = applyNumber(numbers[node.number], schema, tape, index, scratch) }
        case .true, .false: if !node.types.contains(.boolean) { return wrongType(node, schema, tape, index, scratch) }
        case .null: if !node.types.contains(.null) { return wrongType(node, schema, tape, index, scratch) }
        }
        guard node.general >= 0, isValid || scratch.isCollecting else { return isValid }
        scratch.depth &+= 1
        let outcome = applyGeneral(generals[node.general], schema, tape, index, scratch)
        scratch.depth &-= 1
        return isValid && outcome
    }

    private func wrongType(_ node: SchemaNode, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool
    {
        if node.types == .none {
            _ = scratch.fail(self, schema, tape, index, "false", "is not allowed")
        } else {
            _ = scratch.fail(self, schema, tape, index, "type", "must be \(node.types.text)")
        }
        return false
    }

    /// Whether the value satisfies a schema, without recording why not.
    func matches(_ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        let wasCollecting = scratch.isCollecting
        scratch.isCollecting = false
        defer { scratch.isCollecting = wasCollecting }
        return apply(schema, tape, index, scratch)
    }
}
