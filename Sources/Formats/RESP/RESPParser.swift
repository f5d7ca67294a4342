public import Bytes

/// Reads RESP3 replies in place, one after the other, going on where missing bytes stopped it.
///
/// A reply becomes nodes that point into its bytes; nothing is copied, and nothing is allocated while replies have no more
/// values than the largest so far. Attributes are read, held to the limits and left out: no command of ours asks for any.
/// Source: the RESP3 specification. Not thread-safe.
public final class RESPParser {
    /// What `parse` answers.
    public enum Outcome: Equatable, Sendable {
        /// The reply goes on; call again with the same bytes and more behind them.
        case incomplete
        /// The reply is the first `length` bytes; `value(in:)` reads it until the next `parse`.
        case complete(length: Int)
        /// No reply; the parser answers the same until `reset`.
        case fault(RESPFault)
    }

    /// An aggregate whose children are being read.
    private struct Level {
        /// Its node; of an attribute the number of nodes before it.
        var node: Int
        var missing: Int
        var isAttribute: Bool
    }

    /// Memory that nodes keep once a reply needed more: 256 KiB.
    private static let keptNodes = 1 << 14
    private static let firstNodes = 64
    private static let largestReply = 1 << 30
    /// The longest line of a number or length that is not a big number; doubles of servers have up to 26 digits.
    private static let numberBytes = 128

    private let limits: RESPLimits
    private var nodes: UnsafeMutablePointer<RESPNode>
    private var capacity: Int
    private var count = 0
    private var levels: [Level] = []
    /// Values met in this reply, those of attributes too.
    private var met = 0
    /// Where the next value begins, and up to where the line there was searched for its end.
    private var position = 0
    private var searched = 0
    /// The content of a bulk string whose header was read; `pendingEnd` is -1 while there is none.
    private var pendingStart = 0
    private var pendingEnd = -1
    private var pendingKind = RESPKind.bulkString
    private var isComplete = false
    private var fault: RESPFault?

    /// A parser at the start of a reply.
    public init(limits: RESPLimits = RESPLimits()) {
        var limits = limits
        limits.replyBytes = min(limits.replyBytes, Self.largestReply)
        self.limits = limits
        capacity = Self.firstNodes
        nodes = .allocate(capacity: capacity)
        levels.reserveCapacity(max(1, limits.depth))
    }

    deinit { nodes.deallocate() }

    /// Forgets what was read: the next bytes begin a reply.
    public func reset() {
        count = 0
        levels.removeAll(keepingCapacity: true)
        met = 0
        position = 0
        searched = 0
        pendingEnd = -1
        isComplete = false
        fault = nil
        if capacity > Self.keptNodes { resize(to: Self.keptNodes) }
    }

    /// Reads the reply at the start of `bytes`, which after `.incomplete` must begin with the bytes of the last call.
    ///
    /// Over all calls each byte is looked at a bounded number of times, however the reply is split.
    public func parse(_ bytes: ByteView) -> Outcome {
        if isComplete { reset() }
        if let fault { return .fault(fault) }
        do throws(RESPFault) {
            while try step(bytes) {
                if isComplete { return position <= limits.replyBytes ? .complete(length: position) : stop(.replyTooLong) }
            }
        } catch {
            return stop(error)
        }
        return bytes.count <= limits.replyBytes ? .incomplete : stop(.replyTooLong)
    }

    /// The reply that `parse` completed, which must be at the start of `bytes`; valid as long as both are left alone.
    public func value(in bytes: ByteView) -> RESPValue? {
        isComplete && position <= bytes.count ? RESPValue(nodes: UnsafePointer(nodes), index: 0, bytes: bytes) : nil
    }

    private func stop(_ fault: RESPFault) -> Outcome {
        self.fault = fault
        isComplete = false
        return .fault(fault)
    }

    /// Reads one value, or the header of an aggregate; false when bytes are missing.
    private func step(_ bytes: ByteView) throws(RESPFault) -> Bool {
        if pendingEnd >= 0 { return try finishBulk(bytes) }
        guard position < bytes.count else { return false }
        let type = bytes[position]
        guard let line = try line(bytes, type) else { return false }
        met += 1
        guard met <= limits.values else { throw .tooManyValues }
        switch type {
        case UInt8(ascii: "+"): add(.simpleString, line)
        case UInt8(ascii: "-"): add(.simpleError, line)
        case UInt8(ascii: ":"):
            guard RESPText.integer(bytes[line]) != nil else { throw .number }
            add(.integer, line)
        case UInt8(ascii: "$"): try beginBulk(.bulkString, bytes[line])
        case UInt8(ascii: "!"): try beginBulk(.bulkError, bytes[line])
        case UInt8(ascii: "="): try beginBulk(.verbatimString, bytes[line])
        case UInt8(ascii: "_"):
            guard line.isEmpty else { throw .null }
            add(.null, line)
        case UInt8(ascii: "#"):
            guard bytes[line] == "t" || bytes[line] == "f" else { throw .boolean }
            add(.boolean, line)
        case UInt8(ascii: ","):
            guard RESPText.isDouble(bytes[line]) else { throw .number }
            add(.double, line)
        case UInt8(ascii: "("):
            guard RESPText.isBigNumber(bytes[line]) else { throw .number }
            add(.bigNumber, line)
        case UInt8(ascii: "*"): try beginAggregate(.array, bytes[line])
        case UInt8(ascii: "~"): try beginAggregate(.set, bytes[line])
        case UInt8(ascii: "%"): try beginAggregate(.map, bytes[line])
        case UInt8(ascii: "|"): try beginAttribute(bytes[line])
        default:
            // The only type left that `line` lets pass.
            guard levels.isEmpty else { throw .pushInside }
            try beginAggregate(.push, bytes[line])
        }
        return true
    }

    /// The line behind the type at `position`, without its end; moves behind it. Nil when its end is missing.
    private func line(_ bytes: ByteView, _ type: UInt8) throws(RESPFault) -> ByteRange? {
        let limit: Int
        switch type {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "("): limit = limits.lineBytes
        case UInt8(ascii: ":"), UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "="), UInt8(ascii: "_"), UInt8(ascii: "#"),
            UInt8(ascii: ","), UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "%"), UInt8(ascii: "|"), UInt8(ascii: ">"):
            limit = Self.numberBytes
        default: throw .unknownType
        }
        let start = position + 1
        guard let end = bytes.firstIndex(of: 0x0d, from: max(start, searched)) else {
            guard bytes.count - start <= limit else { throw .lineTooLong }
            searched = bytes.count
            return nil
        }
        guard end - start <= limit else { throw .lineTooLong }
        guard end + 1 < bytes.count else {
            searched = end
            return nil
        }
        guard bytes[end + 1] == 0x0a, bytes[start, end].firstIndex(of: 0x0a) == nil else { throw .lineEnd }
        position = end + 2
        return ByteRange(start, end)
    }

    private func beginBulk(_ kind: RESPKind, _ text: ByteView) throws(RESPFault) {
        if kind == .bulkString && text == "-1" { return add(.null, .empty) }
        if text == "?" { throw .streamed }
        guard let length = RESPText.length(text) else { throw .length }
        guard length <= limits.bulkBytes else { throw .bulkTooLong }
        guard position + length <= limits.replyBytes else { throw .replyTooLong }
        pendingKind = kind
        pendingStart = position
        pendingEnd = position + length
    }

    private func finishBulk(_ bytes: ByteView) throws(RESPFault) -> Bool {
        guard pendingEnd + 2 <= bytes.count else { return false }
        guard bytes[pendingEnd] == 0x0d, bytes[pendingEnd + 1] == 0x0a else { throw .lineEnd }
        let content = ByteRange(pendingStart, pendingEnd)
        if pendingKind == .verbatimString && (content.count < 4 || bytes[content.start + 3] != UInt8(ascii: ":")) {
            throw .verbatim
        }
        position = pendingEnd + 2
        pendingEnd = -1
        add(pendingKind, content)
        return true
    }

    private func beginAggregate(_ kind: RESPKind, _ text: ByteView) throws(RESPFault) {
        if kind == .array && text == "-1" { return add(.null, .empty) }
        let children = try children(text, pairs: kind == .map)
        if children == 0 { return addNode(RESPNode(kind: kind, lower: 0, upper: UInt32(count + 1)), isWhole: true) }
        try deepen(Level(node: count, missing: children, isAttribute: false))
        addNode(RESPNode(kind: kind, lower: UInt32(children), upper: 0), isWhole: false)
    }

    private func beginAttribute(_ text: ByteView) throws(RESPFault) {
        let children = try children(text, pairs: true)
        if children > 0 { try deepen(Level(node: count, missing: children, isAttribute: true)) }
    }

    private func children(_ text: ByteView, pairs: Bool) throws(RESPFault) -> Int {
        if text == "?" { throw .streamed }
        guard let announced = RESPText.length(text) else { throw .length }
        let children = pairs ? announced * 2 : announced
        guard children <= limits.values - met else { throw .tooManyValues }
        return children
    }

    private func deepen(_ level: Level) throws(RESPFault) {
        guard levels.count < limits.depth else { throw .tooDeep }
        levels.append(level)
    }

    private func add(_ kind: RESPKind, _ content: ByteRange) {
        addNode(RESPNode(kind: kind, lower: content.lower, upper: content.upper), isWhole: true)
    }

    private func addNode(_ node: RESPNode, isWhole: Bool) {
        if count == capacity { resize(to: capacity * 2) }
        nodes[count] = node
        count += 1
        if isWhole { closeLevels() }
    }

    /// A value is whole: so may be the aggregates it was the last of.
    private func closeLevels() {
        while !levels.isEmpty {
            let last = levels.count - 1
            levels[last].missing -= 1
            if levels[last].missing > 0 { return }
            let level = levels.removeLast()
            if level.isAttribute {
                // What it describes is still to come.
                count = level.node
                return
            }
            nodes[level.node].upper = UInt32(count)
        }
        isComplete = true
    }

    private func resize(to capacity: Int) {
        let fresh = UnsafeMutablePointer<RESPNode>.allocate(capacity: capacity)
        fresh.update(from: nodes, count: count)
        nodes.deallocate()
        nodes = fresh
        self.capacity = capacity
    }
}
