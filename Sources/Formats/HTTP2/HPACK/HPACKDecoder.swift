import Bytes

/// Decodes the header blocks of one peer (RFC 7541); blocks must arrive whole and in order.
final class HPACKDecoder {
    private let table: HPACKDynamicTable
    private let entries = HPACKStaticTable.entries
    private let huffman = HuffmanDecoder.shared
    /// What our SETTINGS allow once the peer has acknowledged them.
    private let announcedLimit: Int
    /// What the peer may choose now.
    private var allowedSize = Wire.initialHeaderTableSize
    private var mustShrink = false
    /// Whether the last block that could not be decoded was given up for its size.
    private(set) var isExcessive = false
    /// How often a list may be larger than allowed before its block is given up. What is left out is decoded all the same, to keep the
    /// table right, and a byte of a block can stand for an entry as large as the table.
    private static let mostSurplus = 8

    /// A decoder whose owner announces `tableSize` as SETTINGS_HEADER_TABLE_SIZE.
    init(tableSize: Int) {
        announcedLimit = tableSize
        table = HPACKDynamicTable(limit: max(tableSize, Wire.initialHeaderTableSize))
        table.setMaximumSize(Wire.initialHeaderTableSize)
    }

    /// The peer acknowledged our SETTINGS: from now on its table may not be larger than announced.
    func settingsAcknowledged() {
        allowedSize = announcedLimit
        if table.maximumSize > allowedSize { mustShrink = true }
    }

    /// Decodes one block into `list`; false when the compression context is lost (RFC 7541 section 3.2 onwards).
    ///
    /// Fields beyond `maximumListSize` update the table but are left out, and the list is marked truncated. A list many times as
    /// large is given up.
    func decode(_ block: ByteView, into list: HeaderList, maximumListSize: Int) -> Bool {
        list.removeAll()
        var at = 0
        var isAtStart = true
        var surplus = 0
        isExcessive = false
        while at < block.count {
            let first = block[at]
            if first & 0xe0 == 0x20 {
                guard isAtStart, let size = integer(block, &at, prefix: 5), size <= allowedSize else { return false }
                table.setMaximumSize(size)
                mustShrink = false
                continue
            }
            isAtStart = false
            if mustShrink { return false }
            let start = list.storage.count
            guard decodeField(first, block, &at, list) else { return false }
            if list.countedSize > maximumListSize {
                list.isTruncated = true
                surplus &+= list.countedSize &- maximumListSize
                if surplus > Self.mostSurplus &* maximumListSize {
                    isExcessive = true
                    return false
                }
                list.removeLast(storageStart: start)
                list.countedSize = maximumListSize
            }
        }
        return true
    }

    @inline(__always)
    private func decodeField(_ first: UInt8, _ block: ByteView, _ at: inout Int, _ list: HeaderList) -> Bool {
        let start = list.storage.count
        if first & 0x80 != 0 {
            guard let index = integer(block, &at, prefix: 7), let middle = appendEntry(index, list.storage) else { return false }
            list.commit(nameStart: start, valueStart: middle, sensitive: false)
            return true
        }
        let isInserted = first & 0x40 != 0
        guard let index = integer(block, &at, prefix: isInserted ? 6 : 4) else { return false }
        if index == 0 {
            guard appendString(block, &at, list.storage) else { return false }
        } else {
            guard appendName(index, list.storage) else { return false }
        }
        let middle = list.storage.count
        guard appendString(block, &at, list.storage) else { return false }
        if isInserted {
            let bytes = list.storage.view
            table.insert(bytes[start, middle], bytes[middle, bytes.count])
        }
        list.commit(nameStart: start, valueStart: middle, sensitive: first & 0xf0 == 0x10)
        return true
    }

    /// Appends name and value of an indexed field; answers where the value starts, or nil when there is no such entry.
    @inline(__always)
    private func appendEntry(_ index: Int, _ storage: ByteWriter) -> Int? {
        if index > HPACKStaticTable.count {
            guard let entry = table.entry(age: index &- HPACKStaticTable.count &- 1) else { return nil }
            let middle = storage.count + entry.nameCount
            storage.append(table.field(entry))
            return middle
        }
        guard index > 0 else { return nil }
        storage.append(entries[index - 1].name)
        let middle = storage.count
        storage.append(entries[index - 1].value)
        return middle
    }

    private func appendName(_ index: Int, _ storage: ByteWriter) -> Bool {
        if index > HPACKStaticTable.count {
            guard let entry = table.entry(age: index &- HPACKStaticTable.count &- 1) else { return false }
            storage.append(table.name(entry))
        } else {
            storage.append(entries[index - 1].name)
        }
        return true
    }

    /// RFC 7541 section 5.2.
    @inline(__always)
    private func appendString(_ block: ByteView, _ at: inout Int, _ storage: ByteWriter) -> Bool {
        guard at < block.count else { return false }
        let isHuffman = block[at] & 0x80 != 0
        guard let count = integer(block, &at, prefix: 7), count <= block.count &- at else { return false }
        let bytes = block[at, at &+ count]
        at &+= count
        if isHuffman { return huffman.decode(bytes, into: storage) }
        storage.append(bytes)
        return true
    }

    /// RFC 7541 section 5.1; nil when it is cut short or larger than any length this implementation accepts.
    @inline(__always)
    private func integer(_ block: ByteView, _ at: inout Int, prefix: Int) -> Int? {
        let mask = (1 << prefix) - 1
        let value = Int(block[at]) & mask
        at &+= 1
        return value < mask ? value : longInteger(block, &at, value)
    }

    private func longInteger(_ block: ByteView, _ at: inout Int, _ prefix: Int) -> Int? {
        var value = prefix
        var shift = 0
        // Four continuation bytes reach 2^28, beyond every limit; more would only be padding.
        while shift <= 21 {
            guard at < block.count else { return nil }
            let byte = block[at]
            at &+= 1
            value &+= Int(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        return nil
    }
}
