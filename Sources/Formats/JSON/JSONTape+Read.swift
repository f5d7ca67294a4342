import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How far a text has been read: the three things that change with every token, which have to stay in registers.
struct JSONPosition {
    /// The offset reached; after a fault, where it is.
    var at = 0
    /// Where the next node is written.
    var next: UnsafeMutablePointer<JSONTape.Node>
    /// The byte that closes the innermost open value; 0 outside of all.
    var closing: UInt8 = 0
}

/// One pass over a text, writing nodes. All of it is compiled into one function; what it needs seldom is in `open`.
extension JSONTape {
    @inline(always)
    func read(_ text: ByteView, _ position: inout JSONPosition) -> JSONFault.Code? {
        var isMember = false
        while true {
            if isMember, let fault = name(text, &position) { return fault }
            isMember = false
            let byte = peek(text, position)
            if byte == UInt8(ascii: "\"") {
                if let fault = string(text, &position) { return fault }
            } else if byte &- UInt8(ascii: "0") <= 9 || byte == UInt8(ascii: "-") {
                if let fault = number(text, &position) { return fault }
            } else if byte == UInt8(ascii: "{") {
                if let fault = enter(.object, closing: UInt8(ascii: "}"), &position) { return fault }
                skipSpace(text, &position)
                isMember = peek(text, position) != UInt8(ascii: "}")
                if isMember { continue }
                leave(&position)
            } else if byte == UInt8(ascii: "[") {
                if let fault = enter(.array, closing: UInt8(ascii: "]"), &position) { return fault }
                skipSpace(text, &position)
                if peek(text, position) != UInt8(ascii: "]") { continue }
                leave(&position)
            } else if byte == UInt8(ascii: "n") {
                if let fault = literal("null", .null, text, &position) { return fault }
            } else if byte == UInt8(ascii: "t") {
                if let fault = literal("true", .true, text, &position) { return fault }
            } else if byte == UInt8(ascii: "f") {
                if let fault = literal("false", .false, text, &position) { return fault }
            } else {
                if skippedSpace(text, &position) { continue }
                return JSONFault.Code(unexpectedAt: position.at, text.count)
            }
            // What ends here is closed.
            while true {
                let byte = peek(text, position)
                if byte == UInt8(ascii: ","), position.closing != 0 {
                    position.at &+= 1
                    isMember = position.closing == UInt8(ascii: "}")
                    break
                }
                if byte == position.closing, byte != 0 {
                    leave(&position)
                } else if !skippedSpace(text, &position) {
                    if position.closing != 0 { return JSONFault.Code(unexpectedAt: position.at, text.count) }
                    return position.at == text.count ? nil : .trailingBytes
                }
            }
        }
    }

    @inline(always)
    private func enter(_ kind: JSONKind, closing: UInt8, _ position: inout JSONPosition) -> JSONFault.Code? {
        if open.depth >= open.mostDepth { return .tooDeep }
        let parent = UInt32(truncatingIfNeeded: index(of: open.parent))
        if let fault = addValue(Node(kind, position.at, position.at, link: parent), &position) { return fault }
        open.enter(position.next - 1)
        position.closing = closing
        position.at &+= 1
        return nil
    }

    @inline(always)
    private func leave(_ position: inout JSONPosition) {
        position.at &+= 1
        let ended = open.parent
        let parent = nodes + Int(ended.pointee.link)
        ended.pointee.upper = UInt32(truncatingIfNeeded: position.at)
        ended.pointee.link = UInt32(truncatingIfNeeded: index(of: position.next))
        if position.closing == UInt8(ascii: "}"), ended.pointee.meta >> 8 > Self.pairwiseMembers {
            compareNames(ofLarge: ended - nodes, upTo: position.next - nodes)
        }
        open.leave(to: parent)
        let isObject = parent.pointee.meta & 7 == UInt32(JSONKind.object.rawValue)
        position.closing = open.depth == 0 ? 0 : isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
    }

    /// A member's name and the colon after it.
    @inline(always)
    private func name(_ text: ByteView, _ position: inout JSONPosition) -> JSONFault.Code? {
        let start = position.at &+ 1
        if position.at &+ JSONNameMemory.longest <= text.count {
            let expected = names.last.pointee.next
            if expected.pointee.stands(at: text.base + position.at) {
                names.last = expected
                position.at &+= Int(expected.pointee.byteCount)
                return addName(start, position.at &- 2, expected.pointee.mixed, flags: 0, &position)
            }
        }
        if start &+ 8 <= text.count, text.base[position.at] == UInt8(ascii: "\"") {
            var end = start
            let first = JSONWord.load(text.base + start)
            var word = JSONWord.special(first, masks)
            if word != 0 {
                end &+= JSONWord.position(word)
                word = JSONWord.bytes(of: first, before: word)
            } else {
                end = JSONWord.plainWords(text.base, start &+ 8, text.count, masks)
                word = NameWord.mix(first, JSONWord.load(text.base + (end &- 8)))
            }
            if end &+ 2 <= text.count, JSONWord.pair(text.base + end) == JSONWord.quoteAndColon {
                position.at = end &+ 2
                let mixed = word &* secret
                names.learn(text, start &- 1, position.at &- start &+ 1, mixed: mixed)
                return addName(start, end, mixed, flags: 0, &position)
            }
        }
        let name = JSONName(text, position.at)
        position.at = name.next
        if let fault = name.fault { return fault }
        let word = name.hasEscapes ? self.word(escaped: text[name.start, name.end]) : NameWord.load(text[name.start, name.end])
        return addName(name.start, name.end, word &* secret, flags: name.hasEscapes ? Self.escapeFlag : 0, &position)
    }

    /// Writes a name's node, counts it as its object's child and looks whether it is there already.
    @inline(always)
    private func addName(_ start: Int, _ end: Int, _ mixed: UInt64, flags: UInt32, _ position: inout JSONPosition)
        -> JSONFault.Code?
    {
        let hash = UInt32(truncatingIfNeeded: mixed >> 32)
        if let fault = add(Node(.key, start, end, link: hash, flags: flags), &position) {
            position.at = end &+ 1
            return fault
        }
        open.parent.pointee.meta &+= Self.oneChild
        let bit = UInt64(1) << (mixed >> 58)
        if open.seen & bit != 0 { compare(index(of: position.next) &- 1) }
        open.seen |= bit
        return nil
    }

    @inline(always)
    private func string(_ text: ByteView, _ position: inout JSONPosition) -> JSONFault.Code? {
        let start = position.at &+ 1
        var flags: UInt32 = 0
        var end = JSONWord.plainWords(text.base, start, text.count, masks)
        if end >= text.count || text.base[end] != UInt8(ascii: "\"") {
            let ending = JSONString.end(text.base, end, text.count)
            end = ending.offset
            if let fault = ending.fault {
                position.at = end
                return fault
            }
            if ending.hasEscapes { flags = Self.escapeFlag }
        }
        position.at = end &+ 1
        return addValue(Node(.string, start, end, flags: flags), &position)
    }

    @inline(always)
    private func number(_ text: ByteView, _ position: inout JSONPosition) -> JSONFault.Code? {
        let start = position.at
        var flags: UInt32 = 0
        let first = text.base[start] == UInt8(ascii: "-") ? start &+ 1 : start
        let whole = JSONWord.afterDigits(text.base, first, text.count)
        var end = whole
        if whole < text.count, text.base[whole] == UInt8(ascii: ".") {
            flags = Self.fractionFlag
            end = JSONWord.afterDigits(text.base, whole &+ 1, text.count)
        }
        let hasExponent = end < text.count && text.base[end] | 0x20 == UInt8(ascii: "e")
        // No digits where there must be some, or one too many.
        let isOdd = whole == first || end == whole &+ 1 || text.base[first] == UInt8(ascii: "0") && whole > first &+ 1
        if isOdd || hasExponent {
            let token = JSONNumberToken(text.base, start, text.count)
            end = token.end
            if let fault = token.fault {
                position.at = end
                return fault
            }
            if token.hasFraction { flags = Self.fractionFlag }
        }
        position.at = end
        return addValue(Node(.number, start, end, flags: flags), &position)
    }

    @inline(always)
    private func literal(_ word: StaticString, _ kind: JSONKind, _ text: ByteView, _ position: inout JSONPosition)
        -> JSONFault.Code?
    {
        let start = position.at
        let end = start &+ word.utf8CodeUnitCount
        guard end <= text.count, memcmp(text.base + start, word.utf8Start, word.utf8CodeUnitCount) == 0 else {
            position.at = JSONString.difference(text, start, word)
            return JSONFault.Code(unexpectedAt: position.at, text.count)
        }
        position.at = end
        return addValue(Node(kind, start, end), &position)
    }

    @inline(always)
    private func index(of node: UnsafeMutablePointer<Node>) -> Int {
        // No node lies before the first: shifting is enough.
        Int(bitPattern: (UInt(bitPattern: node) &- UInt(bitPattern: nodes)) / UInt(MemoryLayout<Node>.stride))
    }

    /// Writes a value's node, and counts it as its parent's child where no name was counted for it.
    @inline(always)
    private func addValue(_ node: Node, _ position: inout JSONPosition) -> JSONFault.Code? {
        if let fault = add(node, &position) { return fault }
        if position.closing == UInt8(ascii: "]") { open.parent.pointee.meta &+= Self.oneChild }
        return nil
    }

    @inline(always)
    private func add(_ node: Node, _ position: inout JSONPosition) -> JSONFault.Code? {
        if position.next == open.room {
            guard let next = grow(position.next - nodes) else { return .tooManyNodes }
            position.next = next
        }
        position.next.pointee = node
        position.next += 1
        return nil
    }

    /// The byte here, or 0 at the end, which no rule accepts outside strings.
    @inline(always)
    private func peek(_ text: ByteView, _ position: JSONPosition) -> UInt8 {
        position.at < text.count ? text.base[position.at] : 0
    }

    @inline(always)
    private func skipSpace(_ text: ByteView, _ position: inout JSONPosition) {
        if peek(text, position) <= 0x20 { position.at = JSONWord.afterSpace(text.base, position.at, text.count) }
    }

    /// Skips white space; false when there is none.
    @inline(always)
    private func skippedSpace(_ text: ByteView, _ position: inout JSONPosition) -> Bool {
        let start = position.at
        skipSpace(text, &position)
        return position.at != start
    }
}
