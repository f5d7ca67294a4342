import AuditRecords
import Bytes
import Foundation

/// A file of records that were taken out of rings because no sink took them in time.
///
/// Sixteen bytes come first, the mark and up to where the sink has it, then records of which each one's position is its place in the
/// file. Written by one thread at a time, read once it is closed.
final class Segment {
    static let headBytes = 16
    /// A segment of this size is closed: its room is given back once the sink has all of it.
    static let maximumBytes = 16 << 20
    static let mark: UInt64 = 0x3147_4553_5541_4753

    let number: UInt64
    let path: String
    private(set) var bytes: Int
    private let file: Int32
    private let pending = ByteWriter(capacity: 64 << 10)
    private let scratch = UnsafeMutableRawPointer.allocate(byteCount: AuditRecord.maximumBytes, alignment: 8)

    /// Makes a new one.
    init(creating path: String, number: UInt64) throws(SpoolFault) {
        self.path = path
        self.number = number
        file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        bytes = 0
        guard file >= 0 else { throw .last("create", path) }
        withUnsafeBytes(of: (Self.mark.littleEndian, UInt64(Self.headBytes).littleEndian)) { pending.append(ByteView($0)) }
    }

    deinit {
        close(file)
        scratch.deallocate()
    }

    /// What the file will have once everything is written.
    var length: Int { bytes + pending.count }

    /// Takes a record; it is in the file once `write` was called.
    func append(_ record: ByteView) {
        scratch.copyMemory(from: record.base, byteCount: record.count)
        AuditRecord.sign(scratch, record.count, position: UInt64(length))
        pending.append(ByteView(scratch.assumingMemoryBound(to: UInt8.self), record.count))
    }

    /// Puts into the file what was taken; nothing of it is there when this fails.
    func write() throws(SpoolFault) {
        var done = 0
        while done < pending.count {
            let count = pwrite(file, pending.view.base + done, pending.count - done, off_t(bytes + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let fault = SpoolFault.last("write to", path)
                _ = ftruncate(file, off_t(bytes))
                pending.removeAll()
                throw fault
            }
            done += count
        }
        bytes += done
        pending.removeAll(keepingAtMost: 64 << 10)
    }

    /// Puts the file's bytes on the disk itself.
    func synchronise() throws(SpoolFault) { guard fdatasync(file) == 0 else { throw .last("write to the disk", path) } }
}

/// A closed segment that is being read.
final class SegmentReader {
    let path: String
    let bytes: Int
    private let map: MappedFile
    /// Where the sink's part ends.
    private(set) var sent: Int

    init(_ path: String) throws(SpoolFault) {
        self.path = path
        map = try MappedFile(opening: path)
        bytes = map.memory.count
        sent = Segment.headBytes
        guard bytes >= Segment.headBytes, view.load8(at: 0) == Segment.mark else { return }
        let known = view.load8(at: 8)
        if known >= UInt64(Segment.headBytes), known <= UInt64(bytes) { sent = Int(known) }
    }

    private var view: ByteView { ByteView(UnsafeRawBufferPointer(map.memory)) }

    /// Calls `take` with each record from where the sink's part ends until it answers false; see `AuditRing.read`.
    func read(_ take: (ByteView) -> Bool) -> (end: Int, damaged: Int) {
        var (at, damaged) = (sent, 0)
        while at + AuditRecord.emptyHeadBytes <= bytes {
            switch AuditRecord.read(view[at, bytes], position: UInt64(at)) {
            case .record(let length):
                guard take(view[at, at + length]) else { return (at, damaged) }
                at += length
            case .empty, .damaged:
                at += 8
                damaged += 8
            }
        }
        return (bytes, damaged + (bytes > at ? bytes - at : 0))
    }

    /// Remembers, over the end of the process too, that the sink has everything before `place`.
    func settle(_ place: Int) {
        sent = min(place, bytes)
        guard bytes >= Segment.headBytes else { return }
        map.memory.storeBytes(of: UInt64(sent).littleEndian, toByteOffset: 8, as: UInt64.self)
    }
}
