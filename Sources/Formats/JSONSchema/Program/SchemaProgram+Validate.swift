public import JSON

extension SchemaProgram {
    /// The rules that the value on the tape breaks, at most `maxErrors`, in the order of the value; none means it is valid.
    ///
    /// Valid values allocate nothing. An invalid one is checked a second time to collect what is wrong with it; one error at
    /// least is answered, whatever `maxErrors` is. A check that needs more than the steps `SchemaScratch`
    /// allows ends as invalid.
    /// - Parameter index: the node of the value; pointers are from the root of the tape all the same.
    /// - Parameter entry: which of the schemas that the program was compiled for.
    public func validate(
        _ tape: JSONTape, at index: Int = 0, entry: Int = 0, scratch: SchemaScratch, maxErrors: Int = 16
    ) -> [SchemaError] {
        let root = roots[entry]
        guard tape.count > index else {
            return [SchemaError(instancePointer: "", schemaPointer: "", keyword: "limit", message: "is not there")]
        }
        if isValid(root, tape, index, scratch) { return [] }
        if scratch.stepsLeft >= 0 {
            scratch.begin(nodes: tape.count, collecting: true, mostErrors: max(1, maxErrors))
            _ = apply(root, tape, index, scratch)
        }
        let failures = scratch.takeFailures()
        if !failures.isEmpty { return failures.map { error($0, tape) } }
        return [error(SchemaFailure(index: index, schema: max(0, root), keyword: .limit, detail: 0), tape)]
    }

    /// Whether the value on the tape satisfies the schema; says nothing about why not.
    public func isValid(_ tape: JSONTape, at index: Int = 0, entry: Int = 0, scratch: SchemaScratch) -> Bool {
        tape.count > index && isValid(roots[entry], tape, index, scratch)
    }

    private func isValid(_ root: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        scratch.begin(nodes: tape.count, collecting: false, mostErrors: 0)
        // What is inverted or counted may have passed only because the check ran out of steps.
        return apply(root, tape, index, scratch) && scratch.stepsLeft >= 0
    }

    /// Whether the value satisfies a schema; records failures while collecting.
    func apply(_ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        if schema < 0 { return schema == Schema.any }
        scratch.stepsLeft &-= 1
        guard scratch.stepsLeft >= 0, scratch.depth < SchemaScratch.mostDepth else { return scratch.giveUp() }
        let node = nodes[schema]
        if node.unevaluated >= 0 { return applyUnevaluated(node, schema, tape, index, scratch) }
        return applyRules(node, schema, tape, index, scratch)
    }

    @inline(__always)
    func applyRules(_ node: SchemaNode, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        var isValid = true
        switch tape.kind(index) {
        case .object:
            if !node.types.contains(.object) { return wrongType(node, schema, index, scratch) }
            if node.object >= 0 {
                scratch.depth &+= 1
                isValid = applyObject(objects[node.object], schema, tape, index, scratch)
                scratch.depth &-= 1
            }
        case .array:
            if !node.types.contains(.array) { return wrongType(node, schema, index, scratch) }
            if node.array >= 0 {
                scratch.depth &+= 1
                isValid = applyArray(arrays[node.array], schema, tape, index, scratch)
                scratch.depth &-= 1
            }
        case .string, .key:
            if !node.types.contains(.string) { return wrongType(node, schema, index, scratch) }
            if node.string >= 0 { isValid = applyString(strings[node.string], schema, tape, index, scratch) }
        case .number:
            if !node.types.contains(.number) {
                guard node.types.contains(.integer), tape.isInteger(index) || JSONNumber.isIntegral(tape.raw(index)) else {
                    return wrongType(node, schema, index, scratch)
                }
            }
            if node.number >= 0 { isValid = applyNumber(numbers[node.number], schema, tape, index, scratch) }
        case .true, .false: if !node.types.contains(.boolean) { return wrongType(node, schema, index, scratch) }
        case .null: if !node.types.contains(.null) { return wrongType(node, schema, index, scratch) }
        }
        guard node.general >= 0, isValid || scratch.isCollecting else { return isValid }
        scratch.depth &+= 1
        let outcome = applyGeneral(generals[node.general], schema, tape, index, scratch)
        scratch.depth &-= 1
        return isValid && outcome
    }

    private func wrongType(_ node: SchemaNode, _ schema: Int32, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        scratch.fail(schema, index, node.types == .none ? .false : .type)
    }

    /// Whether the value satisfies a schema, without recording why not.
    func matches(_ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        let wasCollecting = scratch.isCollecting
        scratch.isCollecting = false
        defer { scratch.isCollecting = wasCollecting }
        return apply(schema, tape, index, scratch)
    }
}
