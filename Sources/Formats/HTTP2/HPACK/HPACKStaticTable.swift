import Bytes

/// The sixty-one fields every endpoint knows by number (RFC 7541 appendix A).
enum HPACKStaticTable {
    typealias Entry = (name: StaticString, value: StaticString)

    static let count = 61

    /// Entry `i` of the appendix is element `i - 1`.
    static let entries: [Entry] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""),
        ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""),
        ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""),
        ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""),
        ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""),
        ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""), ("set-cookie", ""),
        ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""),
        ("www-authenticate", ""),
    ]

    /// A cheap hash of a field name; equal names have equal hashes, everything else is confirmed by comparison.
    @inline(__always)
    static func hash(_ name: ByteView) -> Int {
        if name.isEmpty { return 0 }
        let first = Int(name[0])
        let middle = Int(name[name.count / 2])
        let last = Int(name[name.count &- 1])
        return (name.count &* 7) ^ (first &* 5) ^ (middle &* 3) ^ (last &* 11)
    }
}

/// Finds the first static entry of a name: open addressing over `HPACKStaticTable.hash`.
struct HPACKStaticIndex: Sendable {
    private static let mask = 255
    private let slots: [UInt8]

    static let shared = HPACKStaticIndex()

    private init() {
        var slots = [UInt8](repeating: 0, count: Self.mask + 1)
        for (offset, entry) in HPACKStaticTable.entries.enumerated() {
            let name = ByteView(entry.name)
            var at = HPACKStaticTable.hash(name) & Self.mask
            while slots[at] != 0 {
                if ByteView(HPACKStaticTable.entries[Int(slots[at]) - 1].name) == name { break }
                at = (at + 1) & Self.mask
            }
            if slots[at] == 0 { slots[at] = UInt8(offset + 1) }
        }
        self.slots = slots
    }

    /// Index of the first entry called `name`, or 0.
    func first(_ name: ByteView) -> Int {
        var at = HPACKStaticTable.hash(name) & Self.mask
        while slots[at] != 0 {
            let index = Int(slots[at])
            if ByteView(HPACKStaticTable.entries[index - 1].name) == name { return index }
            at = (at + 1) & Self.mask
        }
        return 0
    }

    /// Index of the entry with this name and value, or 0; entries of one name are neighbours.
    func exact(_ name: ByteView, _ value: ByteView) -> Int {
        var index = first(name)
        guard index > 0 else { return 0 }
        while index <= HPACKStaticTable.count, ByteView(HPACKStaticTable.entries[index - 1].name) == name {
            if ByteView(HPACKStaticTable.entries[index - 1].value) == value { return index }
            index += 1
        }
        return 0
    }
}
