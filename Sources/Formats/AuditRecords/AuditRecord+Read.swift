public import Bytes

extension AuditRecord {
    /// What is at a place where a record should be.
    public enum Reading {
        /// A record of so many bytes.
        case record(Int)
        /// So many bytes that are left empty.
        case empty(Int)
        /// Nothing that was written there as a whole.
        case damaged
    }

    /// Looks at the first bytes of `bytes`, which lie at `position`. Whatever they are, no other byte is looked at.
    public static func read(_ bytes: ByteView, position: UInt64) -> Reading {
        guard bytes.count >= emptyHeadBytes else { return .damaged }
        let word = bytes.load8(at: 0)
        let length = Int(word & 0xffff_ffff)
        guard length % 8 == 0, length >= emptyHeadBytes, length <= bytes.count else { return .damaged }
        switch UInt8(truncatingIfNeeded: word >> 32) {
        case emptyKind: return .empty(length)
        case plainKind:
            guard length >= headBytes, length <= maximumBytes, bytes.load8(at: 8) == position else { return .damaged }
            let record = bytes[0, length]
            guard checksum(record, position: position) == record.load8(at: 16), textBytes(record) <= length - headBytes else {
                return .damaged
            }
            return .record(length)
        default: return .damaged
        }
    }

    /// The entry of a record that `read` has found to be one; its texts live as long as `record`'s bytes.
    public static func entry(_ record: ByteView) -> AuditEntry {
        var at = headBytes
        func text(_ index: Int) -> ByteView {
            let start = at
            at += length(record, index)
            return record[start, at]
        }
        let head = record.load8(at: 0)
        let marks = record.load8(at: 64)
        return AuditEntry(
            id: TimedID(high: record.load8(at: 24), low: record.load8(at: 32)),
            startedAt: Int64(bitPattern: record.load8(at: 40)), durationMs: UInt32(truncatingIfNeeded: marks),
            status: UInt16(truncatingIfNeeded: head >> 48), attempts: UInt8(truncatingIfNeeded: head >> 40),
            isComplete: record[70] == 1, traceHigh: record.load8(at: 48), traceLow: record.load8(at: 56), tenant: text(0),
            user: text(1), method: text(2), route: text(3), path: text(4), address: text(5), userAgent: text(6),
            requestID: text(7), module: text(8), service: text(9), problem: text(10))
    }

    /// Which texts were cut, a bit each.
    static func cutTexts(_ record: ByteView) -> UInt16 { UInt16(record[68]) | UInt16(record[69]) << 8 }

    private static func length(_ record: ByteView, _ text: Int) -> Int {
        Int(record[72 + 2 * text]) | Int(record[73 + 2 * text]) << 8
    }

    private static func textBytes(_ record: ByteView) -> Int {
        var sum = 0
        for text in 0..<textCount { sum += length(record, text) }
        return sum
    }
}
