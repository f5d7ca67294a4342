import Bytes

/// Takes queries, cookies and urlencoded forms apart and gives each pair to the rule it is about.
struct PairReader {
    let table: ValidationTable
    let scratch: ValidationScratch
    /// Whose names the rules have.
    let owner: Int32
    /// Whether names may have a part in brackets.
    let hasBrackets: Bool
    /// Pairs that no rule is about.
    let others: Int

    /// Reads `source[range]` as `name=value` with ampersands between.
    func form(_ source: ByteView, _ range: ByteRange) -> TextFault? {
        var at = range.start
        while at < range.end {
            let end = min(source.firstIndex(of: UInt8(ascii: "&"), from: at) ?? range.end, range.end)
            if end > at, let fault = pair(source, at, end, .form) { return fault }
            at = end &+ 1
        }
        return nil
    }

    /// Reads the value of one `Cookie` line (RFC 6265 section 4.2.1).
    func cookies(_ source: ByteView, _ range: ByteRange) -> TextFault? {
        var at = range.start
        while at < range.end {
            let end = min(source.firstIndex(of: UInt8(ascii: ";"), from: at) ?? range.end, range.end)
            var first = at
            while first < end, source[first] == 0x20 || source[first] == 0x09 { first &+= 1 }
            if end > first, let fault = pair(source, first, end, .none) { return fault }
            at = end &+ 1
        }
        return nil
    }

    private func pair(_ source: ByteView, _ start: Int, _ end: Int, _ coding: TextCoding) -> TextFault? {
        // Searched no further than the pair goes, or many pairs without a value would each cost the whole text.
        let equals = source[start, end].firstIndex(of: UInt8(ascii: "=")).map { start &+ $0 } ?? end
        let before = scratch.names.count
        guard coding.append(source[start, equals], to: scratch.names) else { return .percentEncoding }
        let value = ByteRange(min(equals &+ 1, end), end)
        return add(ByteRange(before, scratch.names.count), value, hasValue: equals < end, .text)
    }

    /// Adds a pair whose decoded name is in `scratch.names`.
    func add(_ range: ByteRange, _ value: ByteRange, hasValue: Bool, _ kind: PartKind) -> TextFault? {
        let name = scratch.names.view[range]
        let hash = NameIndex.hash(name)
        let rule = table.names.find(name, hash, of: owner, in: table.text).map(Int.init) ?? bracketed(name) ?? others
        let pair = Pair(name: range, hash: hash, value: value, hasValue: hasValue, kind: kind)
        return scratch.append(pair, to: rule) ? nil : .tooMany
    }

    /// The rule in the style `deepObject` whose name stands before the bracket.
    private func bracketed(_ name: ByteView) -> Int? {
        guard hasBrackets, let open = name.firstIndex(of: UInt8(ascii: "[")), name[name.count &- 1] == UInt8(ascii: "]")
        else { return nil }
        let stem = name[0, open]
        guard let rule = table.names.find(stem, NameIndex.hash(stem), of: owner, in: table.text) else { return nil }
        return Int(rule)
    }
}
