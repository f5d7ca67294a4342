import Bytes

/// The binary form of an entry, as rings and segments hold it. All numbers are little-endian.
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 4 | bytes of the whole record, a multiple of 8 |
/// | 4 | 1 | kind: 1 for this form, 255 for room that is left empty |
/// | 5 | 1 | attempts |
/// | 6 | 2 | status |
/// | 8 | 8 | position: where in its file's run of bytes the record begins, counted over all laps |
/// | 16 | 8 | checksum of everything else |
/// | 24 | 16 | id |
/// | 40 | 8 | start |
/// | 48 | 16 | trace id |
/// | 64 | 4 | duration |
/// | 68 | 2 | which texts were cut, a bit each |
/// | 70 | 1 | 1 when the answer was complete |
/// | 72 | 22 | bytes of each text |
/// | 96 | | the texts |
///
/// The position is part of what is summed: bytes of an earlier lap never pass for a record of this one.
public enum AuditRecord {
    static let headBytes = 96
    static let textCount = 11
    /// The longest record.
    public static let maximumBytes = 1872
    static let plainKind: UInt8 = 1
    static let emptyKind: UInt8 = 255
    /// Room that is left empty says no more than its length and kind.
    public static let emptyHeadBytes = 8

    /// Names of the texts in their order, as the JSON form has them.
    static func name(of text: Int) -> StaticString {
        switch text {
        case 0: "tenantId"
        case 1: "userId"
        case 2: "method"
        case 3: "route"
        case 4: "path"
        case 5: "clientAddress"
        case 6: "userAgent"
        case 7: "requestId"
        case 8: "module"
        case 9: "service"
        default: "problem"
        }
    }

    /// Writes `entry` to memory of at least `maximumBytes`; answers how many bytes the record has.
    public static func write(_ entry: AuditEntry, position: UInt64, to memory: UnsafeMutableRawPointer) -> Int {
        var texts = TextCursor(memory)
        texts.put(entry.tenant, 0, AuditEntry.Limit.tenant)
        texts.put(entry.user, 1, AuditEntry.Limit.user)
        texts.put(entry.method, 2, AuditEntry.Limit.method)
        texts.put(entry.route, 3, AuditEntry.Limit.route)
        texts.put(entry.path, 4, AuditEntry.Limit.path)
        texts.put(entry.address, 5, AuditEntry.Limit.address)
        texts.put(entry.userAgent, 6, AuditEntry.Limit.userAgent)
        texts.put(entry.requestID, 7, AuditEntry.Limit.requestID)
        texts.put(entry.module, 8, AuditEntry.Limit.module)
        texts.put(entry.service, 9, AuditEntry.Limit.service)
        texts.put(entry.problem, 10, AuditEntry.Limit.problem)
        let length = texts.finish()
        memory.storeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian, as: UInt32.self)
        memory.storeBytes(of: 1, toByteOffset: 4, as: UInt8.self)
        memory.storeBytes(of: entry.attempts, toByteOffset: 5, as: UInt8.self)
        memory.storeBytes(of: entry.status.littleEndian, toByteOffset: 6, as: UInt16.self)
        memory.storeBytes(of: entry.id.high.littleEndian, toByteOffset: 24, as: UInt64.self)
        memory.storeBytes(of: entry.id.low.littleEndian, toByteOffset: 32, as: UInt64.self)
        memory.storeBytes(of: entry.startedAt.littleEndian, toByteOffset: 40, as: Int64.self)
        memory.storeBytes(of: entry.traceHigh.littleEndian, toByteOffset: 48, as: UInt64.self)
        memory.storeBytes(of: entry.traceLow.littleEndian, toByteOffset: 56, as: UInt64.self)
        memory.storeBytes(of: entry.durationMs.littleEndian, toByteOffset: 64, as: UInt32.self)
        memory.storeBytes(of: texts.cut.littleEndian, toByteOffset: 68, as: UInt16.self)
        memory.storeBytes(of: entry.isComplete ? 1 : 0, toByteOffset: 70, as: UInt16.self)
        memory.storeBytes(of: 0, toByteOffset: 94, as: UInt16.self)
        sign(memory, length, position: position)
        return length
    }

    /// Makes the record at `memory` one of another place.
    public static func sign(_ memory: UnsafeMutableRawPointer, _ length: Int, position: UInt64) {
        memory.storeBytes(of: position.littleEndian, toByteOffset: 8, as: UInt64.self)
        let sum = checksum(ByteView(memory.assumingMemoryBound(to: UInt8.self), length), position: position)
        memory.storeBytes(of: sum.littleEndian, toByteOffset: 16, as: UInt64.self)
    }

    /// Of everything but itself. It finds accidents, not forgers: who may write the file may write what it likes.
    static func checksum(_ record: ByteView, position: UInt64) -> UInt64 {
        KeyedHash(seed: position ^ record.load8(at: 0))(record[24, record.count])
    }

    /// Copies texts behind each other and notes their lengths.
    struct TextCursor {
        let memory: UnsafeMutableRawPointer
        var at = 96
        var cut: UInt16 = 0

        init(_ memory: UnsafeMutableRawPointer) { self.memory = memory }

        mutating func put(_ text: ByteView, _ index: Int, _ limit: Int) {
            var count = text.count
            if count > limit {
                count = limit
                cut |= 1 << UInt16(index)
            }
            memory.storeBytes(of: UInt16(truncatingIfNeeded: count).littleEndian, toByteOffset: 72 &+ 2 &* index, as: UInt16.self)
            guard count > 0 else { return }
            (memory + at).copyMemory(from: text.base, byteCount: count)
            at &+= count
        }

        /// Fills up to a multiple of eight; the length.
        mutating func finish() -> Int {
            let end = (at &+ 7) & ~7
            while at < end {
                memory.storeBytes(of: 0, toByteOffset: at, as: UInt8.self)
                at &+= 1
            }
            return end
        }
    }
}
