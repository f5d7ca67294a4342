import Bytes
import JSON

/// Memory that translations reuse; each event loop owns one. Not thread-safe.
public final class TranscodingScratch {
    /// A field of a message as met on the wire, chained to the next one of the same field.
    struct Entry {
        var next: Int32
        var type: UInt8
        /// Offset of the value, after its tag.
        var offset: UInt32
        /// For a length-delimited value or a group, its contents.
        var contents: ByteRange
    }

    /// One entry of a map, as met on the wire.
    struct MapEntry {
        var contents: ByteRange
        /// The numeric key, or the hash of a string key.
        var key: UInt64
        var keyText: ByteRange
        var isReplaced: Bool
    }

    /// A field that a parameter or a path variable has set, as the way of field indices to it.
    struct Assignment {
        var start: Int32
        var count: Int32
    }

    /// Text after unescaping; short-lived, never held across another use.
    let text = ByteWriter(capacity: 512)
    /// A path variable or parameter after percent-decoding.
    let value = ByteWriter(capacity: 512)
    let name = ByteWriter(capacity: 128)
    /// The two encodings compared when a field stands in path and body.
    let left = ByteWriter(capacity: 256)
    let right = ByteWriter(capacity: 256)

    /// The tape of a request without a body.
    let noBody = JSONTape(seed: 0)

    /// Bits of the fields and oneofs seen in messages with more than 64 of them; a stack of frames.
    var bits: ContiguousArray<UInt64> = []
    var entries: ContiguousArray<Entry> = []
    var heads: ContiguousArray<Int32> = []
    var mapEntries: ContiguousArray<MapEntry> = []
    var mapSlots: ContiguousArray<Int32> = []
    var steps: ContiguousArray<Int32> = []
    var assignments: ContiguousArray<Assignment> = []
    private var joined: ContiguousArray<ByteWriter> = []
    private var joinedCount = 0
    let hash: KeyedHash

    // What went wrong, kept raw so that the happy path pays nothing for reporting it.
    var code: TranscodingFault.Code?
    var node = -1
    var faultyField: Int32 = -1

    /// Empty memory; `seed` keys the hash that finds equal map keys, tests pass a constant.
    public init(seed: UInt64 = .random(in: .min ... .max)) { hash = KeyedHash(seed: seed) }

    func reset() {
        code = nil
        node = -1
        faultyField = -1
        // Emptying an array costs even when it is empty, as these nearly always are.
        if !bits.isEmpty { bits.removeAll(keepingCapacity: true) }
        if !entries.isEmpty { entries.removeAll(keepingCapacity: true) }
        if !heads.isEmpty { heads.removeAll(keepingCapacity: true) }
        if !mapEntries.isEmpty { mapEntries.removeAll(keepingCapacity: true) }
        if !steps.isEmpty { steps.removeAll(keepingCapacity: true) }
        if !assignments.isEmpty { assignments.removeAll(keepingCapacity: true) }
        joinedCount = 0
    }

    /// Notes the first fault; answers false for the caller to hand on.
    @inline(never)
    @discardableResult
    func fail(_ code: TranscodingFault.Code, node: Int = -1) -> Bool {
        if self.code == nil {
            self.code = code
            self.node = node
        }
        return false
    }

    /// An empty buffer that stays the caller's until `giveBack`; they nest.
    func borrow() -> ByteWriter {
        if joinedCount == joined.count { joined.append(ByteWriter(capacity: 256)) }
        joinedCount &+= 1
        let writer = joined[joinedCount &- 1]
        writer.removeAll()
        return writer
    }

    func giveBack() { joinedCount &-= 1 }
}
