import Bytes
public import Protobuf

/// The translation tables of every message and enum of a descriptor pool, compiled once at load.
///
/// Immutable after `init`, so all loops share one: nothing writes to the name store or the tables again, which is what the
/// unchecked conformance rests on.
public final class CodecPool: @unchecked Sendable {
    public let descriptors: DescriptorPool
    public let options: TranscodingOptions
    let names: ByteWriter
    let messages: ContiguousArray<MessageProgram>
    let fields: ContiguousArray<FieldProgram>
    let enums: ContiguousArray<EnumProgram>
    let enumNames: ContiguousArray<EnumName>
    let enumOrder: ContiguousArray<EnumName>
    let slots: ContiguousArray<Int32>
    let dense: ContiguousArray<Int32>
    private let typeSlots: ContiguousArray<Int32>

    /// Compiles all types of `descriptors`.
    public init(_ descriptors: DescriptorPool, options: TranscodingOptions = TranscodingOptions()) {
        var builder = CodecPoolBuilder(descriptors, options)
        builder.build()
        self.descriptors = descriptors
        self.options = options
        names = builder.names
        messages = builder.messages
        fields = builder.fields
        enums = builder.enums
        enumNames = builder.enumNames
        enumOrder = builder.enumOrder
        slots = builder.slots
        dense = builder.dense
        typeSlots = builder.typeSlots
    }

    /// The codec of the message with this full name; nil when the pool has none.
    public func codec(named fullName: String) -> MessageCodec? {
        descriptors.messageIndex(named: fullName).map { MessageCodec(pool: self, message: $0) }
    }

    @inline(__always)
    func field(_ message: MessageProgram, _ index: Int) -> FieldProgram { fields[Int(message.firstField) &+ index] }

    /// Index in its message of the field with this name in either spelling, or -1.
    func fieldIndex(_ message: MessageProgram, named name: ByteView) -> Int {
        let mask = Int(message.slotMask)
        var slot = Int(truncatingIfNeeded: NameHash.hash(name)) & mask
        while true {
            let entry = slots[Int(message.slotStart) &+ slot]
            if entry < 0 { return -1 }
            let index = Int(entry >> 1)
            let program = field(message, index)
            if names.view[entry & 1 == 0 ? program.jsonName : program.protoName] == name { return index }
            slot = (slot &+ 1) & mask
        }
    }

    /// Index in its message of the field with this number, or -1.
    @inline(__always)
    func fieldIndex(_ message: MessageProgram, numbered number: UInt32) -> Int {
        if number < UInt32(truncatingIfNeeded: message.denseCount) {
            return Int(dense[Int(message.denseStart) &+ Int(number)])
        }
        return searchIndex(message, number)
    }

    private func searchIndex(_ message: MessageProgram, _ number: UInt32) -> Int {
        var low = 0
        var high = Int(message.fieldCount)
        while low < high {
            let middle = (low &+ high) >> 1
            let found = field(message, middle).number
            if found == number { return middle }
            if found < number { low = middle &+ 1 } else { high = middle }
        }
        return -1
    }

    /// The number of the enum value with this name, or nil.
    func enumNumber(_ index: Int32, named name: ByteView) -> Int32? {
        let program = enums[Int(index)]
        var slot = Int(truncatingIfNeeded: NameHash.hash(name)) & Int(program.slotMask)
        while true {
            let entry = slots[Int(program.slotStart) &+ slot]
            if entry < 0 { return nil }
            let candidate = enumNames[Int(program.firstName) &+ Int(entry)]
            if names.view[candidate.name] == name { return candidate.number }
            slot = (slot &+ 1) & Int(program.slotMask)
        }
    }

    /// The name shown for an enum number, or nil when it has none.
    func enumName(_ index: Int32, numbered number: Int32) -> ByteView? {
        let program = enums[Int(index)]
        var low = Int(program.orderStart)
        var high = low &+ Int(program.orderCount)
        while low < high {
            let middle = (low &+ high) >> 1
            let found = enumOrder[middle]
            if found.number == number { return names.view[found.name] }
            if found.number < number { low = middle &+ 1 } else { high = middle }
        }
        return nil
    }

    /// The message a type URL names by what follows its last slash, or -1.
    func messageIndex(typeURL: ByteView) -> Int {
        var start = typeURL.count
        while start > 0, typeURL[start &- 1] != UInt8(ascii: "/") { start &-= 1 }
        guard start > 0, !typeSlots.isEmpty else { return -1 }
        let name = typeURL[start, typeURL.count]
        let mask = typeSlots.count &- 1
        var slot = Int(truncatingIfNeeded: NameHash.hash(name)) & mask
        while true {
            let entry = typeSlots[slot]
            if entry < 0 { return -1 }
            if names.view[messages[Int(entry)].fullName] == name { return Int(entry) }
            slot = (slot &+ 1) & mask
        }
    }
}

/// A cheap hash for tables whose names come from a document; clients choose only what is looked up, never what is stored.
enum NameHash {
    @inline(__always)
    static func hash(_ name: ByteView) -> UInt64 {
        var word = UInt64(truncatingIfNeeded: name.count) &* 0x9e37_79b9_7f4a_7c15
        if name.count >= 8 {
            word ^= name.load8(at: 0)
            word = (word ^ (word >> 29)) &* 0xbf58_476d_1ce4_e5b9
            word ^= name.load8(at: name.count &- 8)
            if name.count > 16 { word = (word ^ (word >> 31)) &* 0x94d0_49bb_1331_11eb ^ name.load8(at: name.count >> 1 &- 4) }
        } else {
            var tail: UInt64 = 0
            var index = 0
            while index < name.count {
                tail = tail << 8 | UInt64(name[index])
                index &+= 1
            }
            word ^= tail
        }
        word = (word ^ (word >> 29)) &* 0xbf58_476d_1ce4_e5b9
        return word ^ (word >> 32)
    }
}
