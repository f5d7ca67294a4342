/// What one reply of a connection belongs to: a call of the client, or something the client itself asked.
struct ValkeySlot {
    /// The index of a call, or one of the numbers below.
    var call: Int32
    /// Of the call; another by then means that nobody waits any more.
    var generation: UInt32
    /// Size of the command while it waits.
    var bytes: UInt32

    private init(own: Int32) {
        call = own
        generation = 0
        bytes = 0
    }

    init(call: Int, generation: UInt32, bytes: Int) {
        self.call = Int32(truncatingIfNeeded: call)
        self.generation = generation
        self.bytes = UInt32(truncatingIfNeeded: bytes)
    }

    /// An answer of no interest: of PING, ASKING, SCRIPT LOAD.
    static let ignored = ValkeySlot(own: -1)
    /// CLUSTER SLOTS
    static let topology = ValkeySlot(own: -2)
    /// ROLE
    static let role = ValkeySlot(own: -3)
}

/// A queue of fixed capacity, allocated once.
struct ValkeySlotQueue {
    private var storage: ContiguousArray<ValkeySlot>
    private var first = 0
    private(set) var count = 0

    init(capacity: Int) { storage = ContiguousArray(repeating: .ignored, count: max(1, capacity)) }

    var isEmpty: Bool { count == 0 }
    var isFull: Bool { count == storage.count }

    /// Appends a slot; does nothing when the queue is full.
    mutating func append(_ slot: ValkeySlot) {
        guard !isFull else { return }
        let index = first + count
        storage[index < storage.count ? index : index - storage.count] = slot
        count += 1
    }

    mutating func popFirst() -> ValkeySlot? {
        guard count > 0 else { return nil }
        let slot = storage[first]
        first = first + 1 < storage.count ? first + 1 : 0
        count -= 1
        return slot
    }
}
