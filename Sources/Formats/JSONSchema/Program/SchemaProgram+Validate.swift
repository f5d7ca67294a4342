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
        let value = tape.node(index)
        if nodes.place(schema).pointee.plain.contains(value) {
            scratch.stepsLeft &-= 1
            return true
        }
        return applyRuled(schema, value, tape, index, scratch)
    }

    /// Applies a schema that does not allow all values of the kind that `value`, the node at `index`, is of.
    @inline(always)
    func applyRuled(_ schema: Int32, _ value: JSONTape.Node, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        scratch.stepsLeft &-= 1
        if scratch.stepsLeft < 0 { return scratch.giveUp() }
        let node = nodes.place(schema)
        guard node.pointee.direct.contains(value) else { return applyAll(node, schema, tape, index, scratch) }
        switch value.kind {
        case .object: return applyObject(objects.place(node.pointee.object), schema, tape, index, scratch)
        case .array: return applyArray(arrays.place(node.pointee.array), schema, tape, index, scratch)
        case .number:
            let rule = numbers.place(node.pointee.number)
            return isWithin(rule, tape, value) || applyNumber(rule, schema, tape, index, scratch)
        default:
            let rule = strings.place(node.pointee.string)
            return isLongEnough(rule, value) && !rule.pointee.hasMore || applyString(rule, schema, tape, index, scratch)
        }
    }

    @inline(never)
    private func applyAll(
        _ node: UnsafePointer<SchemaNode>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        if node.pointee.unevaluated >= 0 { return applyUnevaluated(node, schema, tape, index, scratch) }
        return applyRules(node, schema, tape, index, scratch)
    }

    func applyRules(
        _ node: UnsafePointer<SchemaNode>, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch
    ) -> Bool {
        let kind = tape.kind(index)
        if !node.pointee.types.contains(tape.node(index)) {
            guard kind == .number, node.pointee.types.contains(.integer), JSONNumber.isIntegral(tape.raw(index)) else {
                return scratch.fail(schema, index, node.pointee.types == .none ? .false : .type)
            }
        }
        var isValid = true
        switch kind {
        case .object:
            let rule = node.pointee.object
            if rule >= 0 { isValid = applyObject(objects.place(rule), schema, tape, index, scratch) }
        case .array:
            let rule = node.pointee.array
            if rule >= 0 { isValid = applyArray(arrays.place(rule), schema, tape, index, scratch) }
        case .string, .key:
            let rule = node.pointee.string
            if rule >= 0 { isValid = applyString(strings.place(rule), schema, tape, index, scratch) }
        case .number:
            let rule = node.pointee.number
            if rule >= 0 { isValid = applyNumber(numbers.place(rule), schema, tape, index, scratch) }
        case .true, .false, .null: break
        }
        let general = node.pointee.general
        guard general >= 0, isValid || scratch.isCollecting else { return isValid }
        return applyGeneral(generals.place(general), schema, tape, index, scratch) && isValid
    }

    /// Whether the value satisfies a schema, without recording why not.
    func matches(_ schema: Int32, _ tape: JSONTape, _ index: Int, _ scratch: SchemaScratch) -> Bool {
        let wasCollecting = scratch.isCollecting
        scratch.isCollecting = false
        defer { scratch.isCollecting = wasCollecting }
        return apply(schema, tape, index, scratch)
    }
}
