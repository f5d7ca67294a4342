import Documents

/// The text of a document, and where in it the nodes of its tree stand.
struct SourceText {
    let bytes: [UInt8]
    /// Whether it is written as JSON, and so must what is added.
    let isJSON: Bool
    /// What ends its lines.
    let newline: String
    private let lineStarts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        lineStarts = [start] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
        let first = bytes[start...].first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        isJSON = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        newline = bytes.firstIndex(of: 0x0A).map { $0 > 0 && bytes[$0 - 1] == 0x0D } == true ? "\r\n" : "\n"
    }

    var form: PatchValue.Form { isJSON ? .json : .yaml }

    /// Offset of a node's first character; nil when the text has no such place.
    func offset(of node: SourceNode) -> Int? { offset(line: node.line, column: node.column) }

    private func offset(line: Int, column: Int) -> Int? {
        guard lineStarts.indices.contains(line - 1) else { return nil }
        var at = lineStarts[line - 1]
        var left = column - 1
        while left > 0 {
            guard at < bytes.count, bytes[at] != 0x0A else { return nil }
            at += 1
            while at < bytes.count, bytes[at] & 0xC0 == 0x80 { at += 1 }
            left -= 1
        }
        return at
    }

    /// Index of the line that an offset is on.
    func line(of offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    var lineCount: Int { lineStarts.count }

    func start(ofLine line: Int) -> Int { line < lineStarts.count ? lineStarts[line] : bytes.count }

    /// Blanks that a line begins with; nil for one of blanks alone.
    func indentation(ofLine line: Int) -> Int? {
        let start = start(ofLine: line)
        let text = bytes[start..<self.start(ofLine: line + 1)]
        guard let first = text.firstIndex(where: { $0 != 0x20 }), bytes[first] != 0x0A, bytes[first] != 0x0D else { return nil }
        return first - start
    }

    /// Whether only blanks stand before an offset on its line.
    func isFirstOnLine(_ offset: Int) -> Bool {
        bytes[start(ofLine: line(of: offset))..<offset].allSatisfy { $0 == 0x20 || $0 == 0x09 }
    }

    func byte(_ offset: Int) -> UInt8 { bytes.indices.contains(offset) ? bytes[offset] : 0 }
}

/// Ends of nodes, which the tree does not have.
extension SourceText {
    /// The text of a scalar on one line, quotes included; nil for one that this cannot be said of.
    func range(ofScalar node: SourceNode) -> Range<Int>? {
        guard let text = node.text, let start = offset(of: node) else { return nil }
        switch byte(start) {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return closingQuote(from: start).map { start..<$0 + 1 }
        default:
            let plain = Array(text.utf8)
            guard !plain.isEmpty, bytes[start...].starts(with: plain) else { return nil }
            return start..<start + plain.count
        }
    }

    /// Offset of the quote that ends what the one at `start` begins.
    private func closingQuote(from start: Int) -> Int? {
        let quote = bytes[start]
        var at = start + 1
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                at += 1
            } else if bytes[at] == quote {
                guard quote == UInt8(ascii: "'"), byte(at + 1) == quote else { return at }
                at += 1
            }
            at += 1
        }
        return nil
    }

    /// A collection in flow style.
    struct Flow {
        /// Offsets of its brackets.
        let open: Int
        let close: Int
        /// Behind the last character inside that is neither blank nor comment; the offset behind `open` when it is empty.
        let contentEnd: Int
    }

    /// The brackets of a collection in flow style; nil for one in block style.
    func flow(_ node: SourceNode) -> Flow? {
        guard let open = offset(of: node), byte(open) == UInt8(ascii: "{") || byte(open) == UInt8(ascii: "[") else { return nil }
        var depth = 0
        var at = open
        var contentEnd = open + 1
        // Where a quote opens a scalar and is not a letter of one.
        var beginsToken = true
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                beginsToken = true
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return Flow(open: open, close: at, contentEnd: contentEnd) }
                beginsToken = false
            case UInt8(ascii: ","), UInt8(ascii: ":"): beginsToken = true
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if beginsToken {
                    guard let end = closingQuote(from: at) else { return nil }
                    at = end
                }
                beginsToken = false
            case UInt8(ascii: "#") where [0x20, 0x09, 0x0A].contains(self.byte(at - 1)):
                while at + 1 < bytes.count, bytes[at + 1] != 0x0A { at += 1 }
                at += 1
                continue
            case 0x20, 0x09, 0x0A, 0x0D:
                at += 1
                continue
            default: beginsToken = false
            }
            at += 1
            if depth > 0, at - 1 > open { contentEnd = at }
        }
        return nil
    }

    /// An offset on the last line of a node's own text, as far as brackets, quotes and what is below it tell.
    func end(of node: SourceNode) -> Int? {
        if node.text != nil { return range(ofScalar: node)?.upperBound ?? offset(of: node) }
        if let flow = flow(node) { return flow.close + 1 }
        if let last = node.entries?.last {
            guard let key = offset(of: last.key), let value = end(of: last.value) else { return nil }
            // The value of an alias stands where its anchor does.
            return max(key, value)
        }
        return node.elements?.last.flatMap { end(of: $0) } ?? offset(of: node)
    }

    /// The line behind the last one of a block that begins at `indentation` and has a node ending at `offset`.
    func lineAfterBlock(endingAt offset: Int, indentation: Int) -> Int {
        var last = line(of: max(0, offset - 1))
        var line = last + 1
        while line < lineCount {
            if let blanks = self.indentation(ofLine: line) {
                guard blanks > indentation else { break }
                last = line
            }
            line += 1
        }
        return last + 1
    }
}
