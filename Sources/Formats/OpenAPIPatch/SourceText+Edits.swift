import Documents

/// Edits of the tree as changes of the text that leave everything else as it is written.
extension SourceText {
    /// The changes that make an edit; nil when the text is not written in a way that this can be said of.
    func changes(for edit: DocumentEdit) -> [TextChange]? {
        switch edit.action {
        case .add(let members): add(members, to: edit.node)
        case .append(let values): append(values, to: edit.node)
        case .replace(let value):
            range(ofScalar: edit.node).map { [TextChange($0, value.text(form))] }
        case .rename(let member, let name, let value): rename(member, of: edit.node, to: name, value)
        case .remove(let member): remove(member, of: edit.node)
        case .removeElements(let indices): remove(indices, of: edit.node)
        }
    }

    private func add(_ members: [(name: String, value: PatchValue)], to node: SourceNode) -> [TextChange]? {
        guard let entries = node.entries else { return nil }
        let items = members.map { "\(PatchValue.quoted($0.name, form)): \($0.value.text(form))" }
        if let flow = flow(node) { return add(items, to: flow, last: entries.last?.key) }
        guard let last = entries.last, let first = offset(of: entries[0].key), let end = end(of: node) else { return nil }
        // What stands before the first key, such as the dash of a list, is as wide as the blanks before the others.
        return [block(items, indentation: column(of: first), behind: max(end, offset(of: last.key) ?? 0))]
    }

    private func append(_ values: [PatchValue], to node: SourceNode) -> [TextChange]? {
        guard let elements = node.elements else { return nil }
        let items = values.map { $0.text(form) }
        if let flow = flow(node) { return add(items, to: flow, last: elements.last) }
        guard let dash = offset(of: node), byte(dash) == UInt8(ascii: "-"), let end = end(of: node) else { return nil }
        return [block(items.map { "- " + $0 }, indentation: column(of: dash), behind: end)]
    }

    private func column(of offset: Int) -> Int { offset - start(ofLine: line(of: offset)) }

    /// Lines behind those of a block.
    private func block(_ items: [String], indentation: Int, behind end: Int) -> TextChange {
        let line = lineAfterBlock(endingAt: end, indentation: indentation)
        let blanks = String(repeating: " ", count: indentation)
        let at = start(ofLine: line)
        if line >= lineCount {
            // The last line has no end.
            return TextChange(at: at, items.map { newline + blanks + $0 }.joined(), indentation: indentation)
        }
        return TextChange(at: at, items.map { blanks + $0 + newline }.joined(), indentation: indentation)
    }

    private func add(_ items: [String], to flow: Flow, last: SourceNode?) -> [TextChange]? {
        guard let last else {
            let isMapping = byte(flow.open) == UInt8(ascii: "{")
            let margin = isMapping && !isJSON ? " " : ""
            return [TextChange(flow.open + 1..<flow.close, margin + items.joined(separator: ", ") + margin)]
        }
        guard let start = offset(of: last) else { return nil }
        var separator = " "
        if isFirstOnLine(start) {
            separator = newline + String(decoding: bytes[self.start(ofLine: line(of: start))..<start], as: UTF8.self)
        }
        let hasComma = byte(flow.contentEnd - 1) == UInt8(ascii: ",")
        return [
            TextChange(at: flow.contentEnd, (hasComma ? separator : "," + separator) + items.joined(separator: "," + separator))
        ]
    }

    private func rename(_ member: String, of node: SourceNode, to name: String, _ value: PatchValue) -> [TextChange]? {
        guard let key = node.key(member), let old = node[member], let first = range(ofScalar: key),
            let second = range(ofScalar: old)
        else { return nil }
        return [TextChange(first, PatchValue.quoted(name, form)), TextChange(second, value.text(form))]
    }

    private func remove(_ member: String, of node: SourceNode) -> [TextChange]? {
        guard let entries = node.entries, let index = entries.firstIndex(where: { $0.key.text == member }), entries.count > 1,
            let start = offset(of: entries[index].key), let end = end(of: entries[index].value)
        else { return nil }
        if flow(node) == nil, isFirstOnLine(start) {
            let next = lineAfterBlock(endingAt: end, indentation: column(of: start))
            return [TextChange(self.start(ofLine: line(of: start))..<self.start(ofLine: next), "")]
        }
        if index + 1 < entries.count { return offset(of: entries[index + 1].key).map { [TextChange(start..<$0, "")] } }
        return self.end(of: entries[index - 1].value).map { [TextChange($0..<end, "")] }
    }

    private func remove(_ indices: [Int], of node: SourceNode) -> [TextChange]? {
        guard let elements = node.elements, indices.count < elements.count,
            let lastKept = elements.indices.last(where: { !indices.contains($0) })
        else { return nil }
        let isFlow = flow(node) != nil
        var changes: [TextChange] = []
        for index in indices {
            guard let element = range(ofScalar: elements[index]) else { return nil }
            if !isFlow {
                let line = line(of: element.lowerBound)
                let dash = bytes[start(ofLine: line)..<element.lowerBound].filter { $0 != 0x20 && $0 != 0x09 }
                guard dash.elementsEqual([UInt8(ascii: "-")]) else { return nil }
                changes.append(TextChange(start(ofLine: line)..<start(ofLine: line + 1), ""))
            } else if index < lastKept {
                guard let next = offset(of: elements[index + 1]) else { return nil }
                changes.append(TextChange(element.lowerBound..<next, ""))
            }
        }
        if isFlow, lastKept + 1 < elements.count {
            guard let start = range(ofScalar: elements[lastKept]), let end = range(ofScalar: elements[elements.count - 1]) else {
                return nil
            }
            changes.append(TextChange(start.upperBound..<end.upperBound, ""))
        }
        return changes
    }
}
