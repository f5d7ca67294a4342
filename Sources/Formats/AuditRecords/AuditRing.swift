public import Bytes
import Synchronization

/// Records of one event loop in memory that a file is mapped to: what was written survives the process, however it ends.
///
/// One writer, the loop, which appends; one reader, which takes what is oldest and gives the room back once it is safe elsewhere.
/// Neither waits for the other, and appending is a copy and a store: no system call, no lock, no allocation. Positions count bytes
/// from the file's making and never start again, so a place in memory and the lap it was written in are one number.
///
/// The first 4096 bytes are the head: mark, room for records in bytes, end of what was written, begin of what is still to be read.
public final class AuditRing: @unchecked Sendable {
    // Unchecked: `memory` is shared by writer and reader, who never touch the same bytes between `head` and `tail` at once.

    /// Bytes before the records.
    public static let headBytes = 4096
    /// Least room for records: enough for some of the longest.
    public static let minimumCapacity = 16 << 10
    static let mark: UInt64 = 0x3147_4e49_5241_5347

    /// Bytes of records it holds.
    public let capacity: Int
    private let memory: UnsafeMutableRawPointer
    private let tail: UnsafeMutablePointer<Atomic<UInt64>>
    private let head: UnsafeMutablePointer<Atomic<UInt64>>
    /// The writer's own copies.
    private var end: UInt64
    private var knownHead: UInt64
    /// Whether the head said nothing to be believed when the ring was opened, so that records were searched for.
    public let wasDamaged: Bool

    /// A ring over a whole file's memory, which must stay as long as the ring does; nil when it is too small or its size is none
    /// of a ring.
    ///
    /// Memory of zeros becomes an empty ring. What an earlier process wrote is kept: also records that it wrote without having said so.
    public init?(_ mapped: UnsafeMutableRawBufferPointer) {
        let capacity = mapped.count - Self.headBytes
        guard let base = mapped.baseAddress, capacity >= Self.minimumCapacity, capacity % 8 == 0,
            Int(bitPattern: base) % 64 == 0
        else { return nil }
        self.capacity = capacity
        memory = base + Self.headBytes
        tail = (base + 64).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
        head = (base + 128).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
        let records = ByteView(memory.assumingMemoryBound(to: UInt8.self), capacity)
        let mark = base.load(as: UInt64.self)
        let known = base.load(fromByteOffset: 8, as: UInt64.self)
        let (from, to) = (head.pointee.load(ordering: .relaxed), tail.pointee.load(ordering: .relaxed))
        if mark == 0, known == 0, from == 0, to == 0 {
            (end, knownHead, wasDamaged) = (0, 0, false)
        } else if mark == Self.mark, known == UInt64(capacity), Self.isSound(from, to, capacity) {
            (end, knownHead, wasDamaged) = (Self.extend(to, from: from, records), from, false)
        } else {
            (knownHead, end) = Self.search(records)
            wasDamaged = true
        }
        base.storeBytes(of: UInt64(capacity), toByteOffset: 8, as: UInt64.self)
        head.pointee.store(knownHead, ordering: .relaxed)
        tail.pointee.store(end, ordering: .relaxed)
        base.storeBytes(of: Self.mark, as: UInt64.self)
    }

    private static func isSound(_ head: UInt64, _ tail: UInt64, _ capacity: Int) -> Bool {
        head <= tail && tail - head <= UInt64(capacity) && head % 8 == 0 && tail % 8 == 0 && tail < 1 << 62
    }

    /// From where to where a ring's file says that there are records, and its room for them; nil when it is none.
    public static func bounds(_ file: ByteView) -> (head: UInt64, tail: UInt64, capacity: Int)? {
        guard file.count >= headBytes + minimumCapacity, file.load8(at: 0) == mark else { return nil }
        let (tail, head, capacity) = (file.load8(at: 64), file.load8(at: 128), file.count - headBytes)
        guard file.load8(at: 8) == UInt64(capacity), isSound(head, tail, capacity) else { return nil }
        return (head, tail, capacity)
    }

    /// The end of the records, some of which may have been written without `tail` having been moved: the machine went down.
    private static func extend(_ tail: UInt64, from head: UInt64, _ records: ByteView) -> UInt64 {
        var end = tail
        while end - head < UInt64(records.count) {
            let offset = Int(end % UInt64(records.count))
            switch AuditRecord.read(records[offset, records.count], position: end) {
            case .record(let length): end += UInt64(length)
            case .empty, .damaged: return end
            }
        }
        return min(end, head + UInt64(records.count))
    }

    /// From where to where there are records, in memory of which the head says nothing to be believed.
    private static func search(_ records: ByteView) -> (head: UInt64, tail: UInt64) {
        var (first, last): (UInt64, UInt64) = (.max, 0)
        var offset = 0
        while offset + AuditRecord.headBytes <= records.count {
            let position = records.load8(at: offset + 8)
            if position < 1 << 62, Int(position % UInt64(records.count)) == offset,
                case .record(let length) = AuditRecord.read(records[offset, records.count], position: position)
            {
                first = min(first, position)
                last = max(last, position + UInt64(length))
                offset += length
            } else {
                offset += 8
            }
        }
        guard first < last else { return (0, 0) }
        return (last - first <= UInt64(records.count) ? first : last - UInt64(records.count), last)
    }

    // MARK: The writer

    /// Bytes that are surely free; only the loop may ask.
    public var free: Int {
        let known = capacity - Int(end - knownHead)
        if known > capacity / 2 { return known }
        knownHead = head.pointee.load(ordering: .acquiring)
        return capacity - Int(end - knownHead)
    }

    /// Whether so many appends, of records of any length, will all find room; only the loop may ask.
    ///
    /// A record lies in one piece, so up to the length of one may stay empty at the end of the memory.
    public func hasRoom(for records: Int) -> Bool { free >= (records &+ 1) &* AuditRecord.maximumBytes }

    /// Appends an entry; false when there is no room. Only the loop may.
    public func append(_ entry: AuditEntry) -> Bool {
        var offset = Int(end % UInt64(capacity))
        let rest = capacity - offset
        var position = end
        if rest < AuditRecord.maximumBytes {
            // What is left at the end stays empty.
            guard free >= rest + AuditRecord.maximumBytes else { return false }
            let word = UInt64(rest) | UInt64(AuditRecord.emptyKind) << 32
            memory.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
            position += UInt64(rest)
            offset = 0
        } else {
            guard free >= AuditRecord.maximumBytes else { return false }
        }
        let length = AuditRecord.write(entry, position: position, to: memory + offset)
        end = position + UInt64(length)
        tail.pointee.store(end, ordering: .releasing)
        return true
    }

    // MARK: The reader

    /// Where what was not given back begins.
    public var oldest: UInt64 { head.pointee.load(ordering: .acquiring) }

    /// Bytes that wait to be read.
    public var waiting: Int {
        let from = oldest
        let to = tail.pointee.load(ordering: .acquiring)
        return Int(clamping: to &- from)
    }

    /// Calls `take` with each whole record from `start` on, oldest first, until it answers false or there are no more.
    ///
    /// Answers where the records that were taken end, and how many bytes on the way were none.
    public func read(from start: UInt64, _ take: (ByteView) -> Bool) -> (end: UInt64, damaged: Int) {
        let limit = tail.pointee.load(ordering: .acquiring)
        let records = ByteView(memory.assumingMemoryBound(to: UInt8.self), capacity)
        var (position, damaged) = (max(start, oldest), 0)
        while position < limit {
            let offset = Int(position % UInt64(capacity))
            let end = offset + min(capacity - offset, Int(limit - position))
            switch AuditRecord.read(records[offset, end], position: position) {
            case .record(let length):
                guard take(records[offset, offset + length]) else { return (position, damaged) }
                position += UInt64(length)
            case .empty(let length): position += UInt64(length)
            case .damaged:
                damaged += 8
                position += 8
            }
        }
        return (position, damaged)
    }

    /// Gives back everything before `position`; going back changes nothing.
    public func release(to position: UInt64) {
        guard position > oldest, position <= tail.pointee.load(ordering: .acquiring) else { return }
        head.pointee.store(position, ordering: .releasing)
    }
}
