import Bytes

/// One pass over a text, writing nodes; its fields live in registers while it runs.
///
/// While a container is open its `link` holds its parent, which makes the tape its own stack.
struct JSONParser {
    private let tape: JSONTape
    private let base: UnsafePointer<UInt8>
    private let size: Int
    private let mostNodes: Int
    private let mostDepth: Int
    private var nodes: UnsafeMutablePointer<JSONTape.Node>
    private var capacity: Int
    private var open = 0
    private var depth = 0
    private var inObject = false
    /// Nodes written.
    private(set) var count = 0
    /// Offset reached; after a fault, where it is.
    private(set) var at = 0

    init(tape: JSONTape, bytes: ByteView, limits: JSONLimits) {
        self.tape = tape
        base = bytes.base
        size = bytes.count
        mostNodes = limits.nodes
        mostDepth = limits.depth
        nodes = tape.nodes
        capacity = tape.capacity
    }

    mutating func run() -> JSONFault.Code? {
        while true {
            skipSpace()
            let fault: JSONFault.Code?
            switch peek() {
            case UInt8(ascii: "\""): fault = string(.string)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): fault = number()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                fault = enter()
                if fault == nil {
                    if inObject {
                        if peek() != UInt8(ascii: "}") {
                            if let fault = name() { return fault }
                            continue
                        }
                    } else if peek() != UInt8(ascii: "]") {
                        continue
                    }
                    leave()
                }
            case UInt8(ascii: "t"): fault = literal("true", .true)
            case UInt8(ascii: "f"): fault = literal("false", .false)
            case UInt8(ascii: "n"): fault = literal("null", .null)
            default: fault = unexpected()
            }
            if let fault { return fault }
            if let outcome = afterValue() { return outcome.fault }
        }
    }

    private struct Outcome { let fault: JSONFault.Code? }

    /// Closes what ends here; nil when another value follows.
    @inline(__always)
    private mutating func afterValue() -> Outcome? {
        while true {
            skipSpace()
            if depth == 0 { return Outcome(fault: at == size ? nil : .trailingBytes) }
            let byte = peek()
            if byte == UInt8(ascii: ",") {
                at &+= 1
                guard inObject else { return nil }
                skipSpace()
                return name().map(Outcome.init)
            }
            if byte != (inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) { return Outcome(fault: unexpected()) }
            leave()
        }
    }

    @inline(__always)
    private mutating func enter() -> JSONFault.Code? {
        if depth >= mostDepth { return .tooDeep }
        let isObject = base[at] == UInt8(ascii: "{")
        if let fault = add(JSONTape.Node(isObject ? .object : .array, at, at, link: open)) { return fault }
        open = count &- 1
        depth &+= 1
        inObject = isObject
        at &+= 1
        skipSpace()
        return nil
    }

    @inline(__always)
    private mutating func leave() {
        at &+= 1
        let parent = Int(nodes[open].link)
        nodes[open].upper = UInt32(truncatingIfNeeded: at)
        nodes[open].link = UInt32(truncatingIfNeeded: count)
        open = parent
        depth &-= 1
        inObject = depth > 0 && nodes[parent].meta & 7 == UInt32(JSONKind.object.rawValue)
    }

    /// A member's name and the colon after it.
    @inline(__always)
    private mutating func name() -> JSONFault.Code? {
        if peek() != UInt8(ascii: "\"") { return unexpected() }
        if let fault = string(.key) { return fault }
        skipSpace()
        if peek() != UInt8(ascii: ":") { return unexpected() }
        at &+= 1
        return nil
    }

    @inline(__always)
    private mutating func string(_ kind: JSONKind) -> JSONFault.Code? {
        let start = at &+ 1
        var flags: UInt32 = 0
        var end = JSONWord.plainEnd(base, start, size)
        if end >= size || base[end] != UInt8(ascii: "\"") {
            switch JSONString.end(base, end, size) {
            case .success(let found): end = found
            case .failure(let fault):
                at = fault.offset
                return fault.code
            }
            if ByteView(base + start, end &- start).firstIndex(of: UInt8(ascii: "\\")) != nil { flags = JSONTape.escapeFlag }
        }
        at = end &+ 1
        return add(JSONTape.Node(kind, start, end, link: count &+ 1, flags: flags))
    }

    @inline(__always)
    private mutating func number() -> JSONFault.Code? {
        let start = at
        var flags: UInt32 = 0
        if base[at] == UInt8(ascii: "-") { at &+= 1 }
        if peek() == UInt8(ascii: "0") {
            at &+= 1
            if ASCII.isDigit(peek()) { return .invalidNumber }
        } else if !digits() {
            return endedOr(.invalidNumber)
        }
        if peek() == UInt8(ascii: ".") {
            at &+= 1
            flags = JSONTape.fractionFlag
            if !digits() { return endedOr(.invalidNumber) }
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            at &+= 1
            flags = JSONTape.fractionFlag
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { at &+= 1 }
            if !digits() { return endedOr(.invalidNumber) }
        }
        return add(JSONTape.Node(.number, start, at, link: count &+ 1, flags: flags))
    }

    /// Skips digits; false when there is none.
    @inline(__always)
    private mutating func digits() -> Bool {
        let start = at
        while at < size, ASCII.isDigit(base[at]) { at &+= 1 }
        return at > start
    }

    @inline(__always)
    private mutating func literal(_ text: StaticString, _ kind: JSONKind) -> JSONFault.Code? {
        let word = ByteView(text)
        let start = at
        var index = 0
        while index < word.count {
            if peek() != word.base[index] { return unexpected() }
            at &+= 1
            index &+= 1
        }
        return add(JSONTape.Node(kind, start, at, link: count &+ 1))
    }

    /// Writes a node and counts it as its parent's child unless it is the value of a name already counted.
    @inline(__always)
    private mutating func add(_ node: JSONTape.Node) -> JSONFault.Code? {
        if count == capacity {
            if count >= mostNodes { return .tooManyNodes }
            tape.grow(keeping: count, most: mostNodes)
            nodes = tape.nodes
            capacity = tape.capacity
        } else if count >= mostNodes {
            return .tooManyNodes
        }
        nodes[count] = node
        count &+= 1
        if depth > 0, !inObject || node.meta & 7 == UInt32(JSONKind.key.rawValue) { nodes[open].meta &+= JSONTape.oneChild }
        return nil
    }

    @inline(__always)
    private mutating func skipSpace() {
        while at < size {
            let byte = base[at]
            if byte > 0x20 || byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09 { return }
            at &+= 1
        }
    }

    /// The byte here, or 0 at the end, which no rule accepts outside strings.
    @inline(__always)
    private func peek() -> UInt8 { at < size ? base[at] : 0 }

    private func unexpected() -> JSONFault.Code { endedOr(.unexpectedByte) }

    private func endedOr(_ code: JSONFault.Code) -> JSONFault.Code { at >= size ? .unexpectedEnd : code }
}
