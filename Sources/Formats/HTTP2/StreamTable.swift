/// What a session remembers of an open stream.
struct StreamState {
    var id: UInt32
    /// The application's number for the stream.
    var owner: Int
    /// What we may still send; below zero after the peer shrank its initial window (RFC 9113 section 6.9.2).
    var sendWindow: Int
    /// What the peer may still send.
    var receiveWindow: Int
    /// Consumed bytes that were not announced yet.
    var unannounced = 0
    /// Body bytes still owed by `content-length`, or -1 when none was declared.
    var expectedBody: Int64 = -1
    var isLocalClosed = false
    var isRemoteClosed = false
    /// The final response headers, or the request headers, were received.
    var hasHeaders = false
    /// A `sendData` was cut short by this stream's window.
    var isWaitingForWindow = false
}

/// The open streams: dense slots, found by stream identifier through an open-addressing index.
///
/// Grows on demand up to its capacity; the steady state allocates nothing.
struct StreamTable {
    private(set) var streams: [StreamState] = []
    /// Slot plus one by hashed identifier; 0 is free. Four times as many as slots, so that probes are short.
    private var index: [Int32]
    private var mask: Int

    init() {
        index = [Int32](repeating: 0, count: 64)
        mask = 63
        streams.reserveCapacity(16)
    }

    var count: Int { streams.count }

    /// Slot of the stream, or -1.
    @inline(__always)
    func slot(_ id: UInt32) -> Int {
        var at = home(of: id)
        while index[at] != 0 {
            let slot = Int(index[at] &- 1)
            if streams[slot].id == id { return slot }
            at = (at &+ 1) & mask
        }
        return -1
    }

    subscript(slot: Int) -> StreamState {
        @inline(__always) get { streams[slot] }
        @inline(__always) _modify { yield &streams[slot] }
    }

    /// Adds a stream that is not in the table; answers its slot.
    mutating func insert(_ stream: StreamState) -> Int {
        if (streams.count + 1) * 4 > index.count { grow() }
        streams.append(stream)
        place(stream.id, streams.count - 1)
        return streams.count - 1
    }

    /// Removes the stream in `slot`; the last stream takes its place.
    mutating func remove(slot: Int) {
        unplace(streams[slot].id)
        let last = streams.count - 1
        if slot != last {
            let moved = streams[last]
            streams[slot] = moved
            var at = home(of: moved.id)
            while index[at] != Int32(last + 1) { at = (at &+ 1) & mask }
            index[at] = Int32(slot + 1)
        }
        streams.removeLast()
    }

    /// Neighbours in number must not be neighbours in the index: one long run would be walked at every removal.
    private func home(of id: UInt32) -> Int { Int(((id >> 1) &* 0x9e37_79b1) >> 16) & mask }

    private mutating func place(_ id: UInt32, _ slot: Int) {
        var at = home(of: id)
        while index[at] != 0 { at = (at &+ 1) & mask }
        index[at] = Int32(slot + 1)
    }

    /// Frees the index entry of `id` and closes the gap, so that probing needs no tombstones.
    private mutating func unplace(_ id: UInt32) {
        var gap = home(of: id)
        while index[gap] == 0 || streams[Int(index[gap] &- 1)].id != id { gap = (gap &+ 1) & mask }
        var at = (gap &+ 1) & mask
        while index[at] != 0 {
            let home = home(of: streams[Int(index[at] &- 1)].id)
            if (at &- home) & mask >= (at &- gap) & mask {
                index[gap] = index[at]
                gap = at
            }
            at = (at &+ 1) & mask
        }
        index[gap] = 0
    }

    private mutating func grow() {
        index = [Int32](repeating: 0, count: index.count * 2)
        mask = index.count - 1
        for slot in 0..<streams.count { place(streams[slot].id, slot) }
    }
}
