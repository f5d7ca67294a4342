import Bytes
import JSON
import OpenAPI

/// Values that are written as pairs of a name and a value: queries, cookies, forms.
extension ValueWriter {
    private var json: ByteWriter { scratch.json }

    /// The value that a rule's pairs stand for; there is at least one.
    ///
    /// - Parameter source: the bytes that the values of the pairs are ranges of.
    func value(of rule: ValueRule, _ chain: ValidationScratch.Chain, in source: ByteView) -> TextFault? {
        let coding = coding(of: rule)
        switch rule.form {
        case .styled: break
        case .plain: return plain(rule, chain, source, coding)
        case .json, .opaque:
            let pair = scratch.pair(chain.first)
            if pair.next >= 0 { return .repeated }
            return rule.form == .json ? document(source[pair.value], coding) : scalar(source[pair.value], coding, TextShape.text)
        }
        let shape = table.shapes[Int(rule.shape)]
        let structure = structure(of: shape)
        if rule.style == .deepObject || rule.explodes && structure == .object {
            return members(chain.first, rule.shape, isBracketed: rule.style == .deepObject, source, coding)
        }
        if rule.explodes, structure == .array { return elements(chain.first, shape, source, coding) }
        let pair = scratch.pair(chain.first)
        if pair.next >= 0 { return .repeated }
        let delimiter: TextDelimiter =
            rule.style == .spaceDelimited ? .space : rule.style == .pipeDelimited ? .pipe : .comma
        return delimited(source[pair.value], rule.shape, delimiter, isAssigned: false, coding)
    }

    private func coding(of rule: ValueRule) -> TextCoding {
        switch rule.place {
        case .part: .none
        case .cookie: .percent
        // A plus sign is reserved: where reserved characters stand for themselves, it is one.
        default: rule.allowsReserved ? .percent : .form
        }
    }

    /// Every pair one element; a single empty one is no element at all.
    private func elements(_ first: Int32, _ shape: TextShape, _ source: ByteView, _ coding: TextCoding) -> TextFault? {
        json.append("[")
        var index = first
        let isEmpty = scratch.pair(first).next < 0 && scratch.pair(first).value.isEmpty
        while index >= 0, !isEmpty {
            let pair = scratch.pair(index)
            if index != first { json.append(",") }
            if let fault = scalar(source[pair.value], coding, shape.element) { return fault }
            index = pair.next
        }
        json.append("]")
        return nil
    }

    /// An object whose members are the pairs, by their names or by what these have in brackets.
    private func members(
        _ first: Int32, _ shape: Int32, isBracketed: Bool, _ source: ByteView, _ coding: TextCoding
    ) -> TextFault? {
        json.append("{")
        if let fault = appendMembers(first, shape, isBracketed: isBracketed, isFirst: true, source, coding) { return fault }
        json.append("}")
        return nil
    }

    /// The members alone. Those of one name are one: a list, as far as the schema has one there.
    func appendMembers(
        _ first: Int32, _ shape: Int32, isBracketed: Bool, isFirst: Bool, _ source: ByteView, _ coding: TextCoding
    ) -> TextFault? {
        var index = first
        while index >= 0 {
            scratch.setTaken(index, false)
            index = scratch.pair(index).next
        }
        var isFirst = isFirst
        index = first
        while index >= 0 {
            let pair = scratch.pair(index)
            defer { index = pair.next }
            if pair.isTaken { continue }
            guard let name = memberName(pair, isBracketed) else { return .malformed }
            if !isFirst { json.append(",") }
            isFirst = false
            json.append(jsonString: name)
            json.append(":")
            let hash = isBracketed ? NameIndex.hash(name) : pair.hash
            let member = member(name, hash, of: shape)
            let structure = structure(of: table.shapes[Int(member)])
            if structure != .array, !hasSecond(pair) {
                if let fault = plain(pair, member, [], source, coding) { return fault }
                continue
            }
            let element = structure == .array ? table.shapes[Int(member)].element : member
            if let fault = group(index, element, source, coding) { return fault }
        }
        return nil
    }

    /// The values of all pairs with one name, as a list.
    private func group(_ first: Int32, _ element: Int32, _ source: ByteView, _ coding: TextCoding) -> TextFault? {
        let name = scratch.pair(first)
        json.append("[")
        var index = first
        while index >= 0 {
            let pair = scratch.pair(index)
            if isSame(pair, name) {
                if index != first { json.append(",") }
                scratch.setTaken(index, true)
                if let fault = plain(pair, element, [], source, coding) { return fault }
            }
            index = pair.next
        }
        json.append("]")
        return nil
    }

    private func hasSecond(_ pair: Pair) -> Bool {
        var index = pair.next
        while index >= 0 {
            let other = scratch.pair(index)
            if isSame(other, pair) { return true }
            index = other.next
        }
        return false
    }

    private func isSame(_ left: Pair, _ right: Pair) -> Bool {
        left.hash == right.hash && scratch.names.view[left.name] == scratch.names.view[right.name]
    }

    /// The name of a pair, or what it has between brackets; nil when the brackets are not one pair at the end.
    private func memberName(_ pair: Pair, _ isBracketed: Bool) -> ByteView? {
        let name = scratch.names.view[pair.name]
        guard isBracketed else { return name }
        guard let open = name.firstIndex(of: UInt8(ascii: "[")),
            name.firstIndex(of: UInt8(ascii: "]")) == name.count &- 1, open &+ 1 < name.count &- 1,
            name.firstIndex(of: UInt8(ascii: "["), from: open &+ 1) == nil
        else { return nil }
        return name[open &+ 1, name.count &- 1]
    }

    /// A member of a form: texts as they are, objects as JSON, lists as one pair for each element.
    private func plain(
        _ rule: ValueRule, _ chain: ValidationScratch.Chain, _ source: ByteView, _ coding: TextCoding
    ) -> TextFault? {
        let shape = table.shapes[Int(rule.shape)]
        let structure = structure(of: shape)
        guard structure == .array else {
            let pair = scratch.pair(chain.first)
            if pair.next >= 0 { return .repeated }
            return plain(pair, rule.shape, structure, source, coding)
        }
        let element = self.structure(of: table.shapes[Int(shape.element)])
        let first = scratch.pair(chain.first)
        // A list may be one part that is JSON; were its elements lists, nobody could tell.
        if first.kind == .json, first.next < 0, element != .array { return document(source[first.value], .none) }
        json.append("[")
        var index = chain.first
        while index >= 0 {
            let pair = scratch.pair(index)
            if index != chain.first { json.append(",") }
            if let fault = plain(pair, shape.element, element, source, coding) { return fault }
            index = pair.next
        }
        json.append("]")
        return nil
    }

    /// One value: JSON where a structure is asked for or a part says so, otherwise a text.
    private func plain(
        _ pair: Pair, _ shape: Int32, _ structure: TextTypes, _ source: ByteView, _ coding: TextCoding
    ) -> TextFault? {
        let raw = source[pair.value]
        // Parts are not escaped; their own media type says what they are.
        switch pair.kind {
        case .file:
            json.append("\"\"")
            return nil
        case .json: return document(raw, coding)
        case .text: return structure.isEmpty ? scalar(raw, coding, shape) : document(raw, coding)
        }
    }
}
