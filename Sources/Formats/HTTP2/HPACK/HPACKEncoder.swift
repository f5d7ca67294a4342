import Bytes

/// Writes header blocks for one peer (RFC 7541), aiming at few bytes and little work for requests that repeat.
///
/// Templates enter the dynamic table field by field and are remembered as the bytes of their indexes. Of fields that differ from
/// call to call the first one seen enters the table, so that later ones name it by number. Nothing is evicted: when the
/// table is full, fields go out as literals, and after `refusalsBeforeRestart` of those the table starts afresh. Literals are
/// not Huffman coded: it would cost more time on both sides than the bytes do.
final class HPACKEncoder {
    /// Our own bound on the dynamic table, whatever the peer allows; it is memory of every session.
    static let tableLimit = 4096
    static let refusalsBeforeRestart = 4096
    /// Remembered templates; more of them than this merely re-encode.
    private static let templateSlots = 64
    private static let nameSlots = 128
    /// A value longer than this never enters the table: it would push the rest out.
    private static let largestInsertedValue = 256

    private struct Remembered {
        var template: HeaderTemplate?
        var generation = -1
        var refusals = 0
        var bytes: ByteWriter?
    }

    private let table = HPACKDynamicTable(limit: HPACKEncoder.tableLimit)
    private let names = HPACKStaticIndex.shared
    /// Newest insertion (plus one) of a name, by the name's hash; confirmed by comparison.
    private var newest = [Int](repeating: 0, count: HPACKEncoder.nameSlots)
    private var remembered: [Remembered] = []
    /// Changes with every change of the table.
    private var generation = 0
    private var refusals = 0
    private var pendingSize: Int?

    /// Takes the peer's SETTINGS_HEADER_TABLE_SIZE.
    func setPeerLimit(_ size: Int) {
        let wanted = min(size, Self.tableLimit)
        if wanted != (pendingSize ?? table.maximumSize) { pendingSize = wanted }
    }

    /// Begins a block: a changed table size is said first (RFC 7541 section 4.2).
    func beginBlock(_ output: ByteWriter) {
        if pendingSize == nil && refusals < Self.refusalsBeforeRestart { return }
        let size = pendingSize ?? table.maximumSize
        table.setMaximumSize(0)
        writeInteger(0, prefix: 5, pattern: 0x20, output)
        if size > 0 {
            table.setMaximumSize(size)
            writeInteger(size, prefix: 5, pattern: 0x20, output)
        }
        pendingSize = nil
        refusals = 0
        generation &+= 1
    }

    /// Encodes every field of a template.
    func encode(_ template: HeaderTemplate, _ output: ByteWriter) {
        let slot = Int(bitPattern: UInt(bitPattern: ObjectIdentifier(template)) >> 5) & (Self.templateSlots - 1)
        if remembered.isEmpty { remembered = [Remembered](repeating: Remembered(), count: Self.templateSlots) }
        if remembered[slot].generation == generation, remembered[slot].template === template, let bytes = remembered[slot].bytes {
            refusals &+= remembered[slot].refusals
            output.append(bytes.view)
            return
        }
        let generationBefore = generation
        let refusalsBefore = refusals
        let start = output.count
        template.bytes.withByteView { bytes in
            for field in template.fields {
                encode(bytes[field.name], bytes[field.value], sensitive: field.isSensitive, isRepeated: true, output)
            }
        }
        guard generation == generationBefore else { return }
        remembered[slot].template = template
        remembered[slot].generation = generation
        remembered[slot].refusals = refusals - refusalsBefore
        let bytes = remembered[slot].bytes ?? ByteWriter(capacity: 64)
        bytes.removeAll()
        bytes.append(output.view[start, output.count])
        remembered[slot].bytes = bytes
    }

    /// Encodes one field; `isRepeated` says that the same value will come again.
    func encode(_ name: ByteView, _ value: ByteView, sensitive: Bool, isRepeated: Bool, _ output: ByteWriter) {
        if sensitive {
            return writeLiteral(name, value, nameIndex: nameIndex(name), pattern: 0x10, prefix: 4, output)
        }
        if let age = newestAge(of: name), let entry = table.entry(age: age) {
            if table.value(entry) == value {
                return writeInteger(HPACKStaticTable.count + 1 + age, prefix: 7, pattern: 0x80, output)
            }
            if !isRepeated {
                return writeLiteral(name, value, nameIndex: HPACKStaticTable.count + 1 + age, pattern: 0, prefix: 4, output)
            }
        }
        if isRepeated, let index = exactIndex(name, value) {
            return writeInteger(index, prefix: 7, pattern: 0x80, output)
        }
        let index = nameIndex(name)
        let isWorthIt = (isRepeated || index == 0) && value.count <= Self.largestInsertedValue
        if isWorthIt && table.hasRoom(name, value) {
            writeLiteral(name, value, nameIndex: index, pattern: 0x40, prefix: 6, output)
            insert(name, value)
        } else {
            if isWorthIt { refusals &+= 1 }
            writeLiteral(name, value, nameIndex: index, pattern: 0, prefix: 4, output)
        }
    }

    private func insert(_ name: ByteView, _ value: ByteView) {
        table.insert(name, value)
        newest[HPACKStaticTable.hash(name) & (Self.nameSlots - 1)] = table.insertions
        generation &+= 1
    }

    /// Age of the newest dynamic entry called `name`, as far as the slots remember it.
    @inline(__always)
    private func newestAge(of name: ByteView) -> Int? {
        let age = table.insertions &- newest[HPACKStaticTable.hash(name) & (Self.nameSlots - 1)]
        guard let entry = table.entry(age: age), table.name(entry) == name else { return nil }
        return age
    }

    private func nameIndex(_ name: ByteView) -> Int {
        let index = names.first(name)
        if index > 0 { return index }
        if let age = newestAge(of: name) { return HPACKStaticTable.count + 1 + age }
        return 0
    }

    /// Index of an entry of either table with this name and value; walks the table, so for templates only.
    private func exactIndex(_ name: ByteView, _ value: ByteView) -> Int? {
        let index = names.exact(name, value)
        if index > 0 { return index }
        for age in 0..<table.count {
            if let entry = table.entry(age: age), table.name(entry) == name, table.value(entry) == value {
                return HPACKStaticTable.count + 1 + age
            }
        }
        return nil
    }

    @inline(__always)
    private func writeLiteral(
        _ name: ByteView, _ value: ByteView, nameIndex: Int, pattern: UInt8, prefix: Int, _ output: ByteWriter
    ) {
        writeInteger(nameIndex, prefix: prefix, pattern: pattern, output)
        if nameIndex == 0 {
            writeInteger(name.count, prefix: 7, pattern: 0, output)
            output.append(name)
        }
        writeInteger(value.count, prefix: 7, pattern: 0, output)
        output.append(value)
    }

    @inline(__always)
    private func writeInteger(_ value: Int, prefix: Int, pattern: UInt8, _ output: ByteWriter) {
        let mask = (1 << prefix) - 1
        if value < mask {
            output.append(pattern | UInt8(truncatingIfNeeded: value))
        } else {
            writeLongInteger(value &- mask, pattern: pattern | UInt8(truncatingIfNeeded: mask), output)
        }
    }

    private func writeLongInteger(_ rest: Int, pattern: UInt8, _ output: ByteWriter) {
        output.append(pattern)
        var rest = rest
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
    }
}
