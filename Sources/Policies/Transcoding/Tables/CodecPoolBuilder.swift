import Bytes
import JSON
import Protobuf

/// Lays the tables of a `CodecPool` out.
struct CodecPoolBuilder {
    private let descriptors: DescriptorPool
    private let options: TranscodingOptions
    let names = ByteWriter(capacity: 4096)
    var messages: ContiguousArray<MessageProgram> = []
    var fields: ContiguousArray<FieldProgram> = []
    var enums: ContiguousArray<EnumProgram> = []
    var enumNames: ContiguousArray<EnumName> = []
    var enumOrder: ContiguousArray<EnumName> = []
    var slots: ContiguousArray<Int32> = []
    var dense: ContiguousArray<Int32> = []
    var typeSlots: ContiguousArray<Int32> = []

    init(_ descriptors: DescriptorPool, _ options: TranscodingOptions) {
        self.descriptors = descriptors
        self.options = options
    }

    mutating func build() {
        for enumeration in descriptors.enums { add(enumeration) }
        for message in descriptors.messages { add(message) }
        let (table, _) = Self.table(messages.enumerated().map { (names.view[$0.element.fullName], Int32($0.offset)) })
        typeSlots = table
    }

    private func store(_ text: String) -> ByteRange {
        let start = names.count
        names.append(utf8: text)
        return ByteRange(start, names.count)
    }

    /// An open-addressed table at most half full, so that a probe always ends.
    private static func table(_ entries: [(name: ByteView, entry: Int32)]) -> (slots: ContiguousArray<Int32>, mask: Int32) {
        var size = 2
        while size < entries.count * 2 + 1 { size *= 2 }
        var table = ContiguousArray<Int32>(repeating: -1, count: size)
        for (name, entry) in entries {
            var slot = Int(truncatingIfNeeded: NameHash.hash(name)) & (size - 1)
            while table[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            table[slot] = entry
        }
        return (table, Int32(size - 1))
    }

    private mutating func add(_ descriptor: EnumDescriptor) {
        let firstName = enumNames.count
        for value in descriptor.values { enumNames.append(EnumName(number: value.number, name: store(value.name))) }
        let own = enumNames[firstName...]
        let (table, mask) = Self.table(
            own.enumerated().map { (names.view[$0.element.name], Int32($0.offset)) })
        var seen: Set<Int32> = []
        let order = own.filter { seen.insert($0.number).inserted }.sorted { $0.number < $1.number }
        enums.append(
            EnumProgram(
                slotStart: Int32(slots.count), slotMask: mask, firstName: Int32(firstName), orderStart: Int32(enumOrder.count),
                orderCount: Int32(order.count), isClosed: descriptor.isClosed,
                isNull: descriptor.fullName == "google.protobuf.NullValue"))
        slots += table
        enumOrder += order
    }

    private mutating func add(_ descriptor: MessageDescriptor) {
        let first = fields.count
        fields += descriptor.fields.map { program($0) }
        let own = fields[first...]
        var entries: [(name: ByteView, entry: Int32)] = []
        for (index, field) in own.enumerated() {
            entries.append((names.view[field.jsonName], Int32(index << 1)))
            if names.view[field.jsonName] == names.view[field.protoName] { continue }
            entries.append((names.view[field.protoName], Int32(index << 1 | 1)))
        }
        let (table, mask) = Self.table(entries)
        let highest = Int(descriptor.fields.last?.number ?? 0)
        let denseCount = min(highest + 1, descriptor.fields.count * 4 + 32)
        messages.append(
            MessageProgram(
                form: WellKnownForm.form(of: descriptor, in: descriptors), firstField: Int32(first),
                fieldCount: Int32(descriptor.fields.count), oneofCount: Int32(descriptor.oneofs.count),
                slotStart: Int32(slots.count), slotMask: mask, denseStart: Int32(dense.count), denseCount: Int32(denseCount),
                fullName: store(descriptor.fullName)))
        slots += table
        var numbers = ContiguousArray<Int32>(repeating: -1, count: denseCount)
        for (index, field) in descriptor.fields.enumerated() where field.number < denseCount {
            numbers[Int(field.number)] = Int32(index)
        }
        dense += numbers
    }

    private mutating func program(_ field: FieldDescriptor) -> FieldProgram {
        let shape: FieldProgram.Shape =
            switch field.cardinality {
            case .singular: .singular
            case .map: .map
            case .repeated: field.isPacked ? .packed : .repeated
            }
        let acceptsNull =
            field.enumeration.map { enums[$0].isNull }
            ?? field.message.map { descriptors.messages[$0].fullName == "google.protobuf.Value" } ?? false
        let jsonName = store(field.jsonName)
        let protoName = store(field.name)
        let labelStart = names.count
        names.append(jsonString: options.usesProtoNames ? field.name : field.jsonName)
        names.append(UInt8(ascii: ":"))
        return FieldProgram(
            number: field.number, tag: WireTag(number: field.number, type: field.kind.wireType), kind: field.kind, shape: shape,
            // An extension that is not there is no member either: anyone may add one to a message.
            hasPresence: field.hasPresence || field.isExtension, validatesUTF8: field.validatesUTF8, acceptsNull: acceptsNull,
            oneof: Int32(field.oneof ?? -1), reference: Int32(field.message ?? field.enumeration ?? -1),
            label: ByteRange(labelStart, names.count), jsonName: jsonName, protoName: protoName)
    }
}
