import Documents

extension SchemaCompiler {
    /// Finds schemas that apply themselves to the same value, which no value could ever be checked against.
    func checkCycles() {
        var states = [State](repeating: .unseen, count: builder.nodes.count)
        for index in builder.nodes.indices where states[index] == .unseen {
            if let cyclic = visit(Int32(index), &states, depth: 0) {
                report(cyclic)
                return
            }
        }
    }

    private enum State { case unseen, open, done }

    private struct Fault {
        let schema: Int32
        let isTooDeep: Bool
    }

    private func report(_ fault: Fault) {
        let node = sources[Int(fault.schema)]
        if fault.isTooDeep {
            error(node, "schema-too-deep", "more than \(Self.mostDepth) schemas apply to one value; flatten them")
        } else {
            error(node, "schema-reference-cycle", "the schema applies itself to the same value; break the cycle")
        }
    }

    private func visit(_ schema: Int32, _ states: inout [State], depth: Int) -> Fault? {
        guard schema >= 0 else { return nil }
        switch states[Int(schema)] {
        case .done: return nil
        case .open: return Fault(schema: schema, isTooDeep: false)
        case .unseen: break
        }
        guard depth < Self.mostDepth else { return Fault(schema: schema, isTooDeep: true) }
        states[Int(schema)] = .open
        for next in inPlace(schema) {
            if let fault = visit(next, &states, depth: depth + 1) { return fault }
        }
        states[Int(schema)] = .done
        return nil
    }

    /// The schemas that a schema applies to the value itself rather than to a part of it.
    private func inPlace(_ schema: Int32) -> [Int32] {
        let node = builder.nodes[Int(schema)]
        var found: [Int32] = []
        if node.general >= 0 {
            let rule = builder.generals[Int(node.general)]
            found += [rule.not, rule.condition, rule.then, rule.otherwise]
            for list in [rule.all, rule.anyOf, rule.oneOf] { found += list.indices.map { builder.lists[Int($0)] } }
        }
        if node.object >= 0 {
            found += builder.objects[Int(node.object)].dependencies.indices.map { builder.dependencies[Int($0)].schema }
        }
        return found
    }
}
