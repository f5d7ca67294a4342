/// What a `Range` field asks of a representation (RFC 9110 section 14.1).
enum ByteRangeRequest: Equatable {
    /// The whole of it: no range, or one this service does not honour (another unit, several ranges, bad syntax).
    case whole
    case part(ClosedRange<Int>)
    /// A valid range of which the representation has no byte: 416.
    case unsatisfiable

    init(_ field: String?, size: Int) {
        self = .whole
        guard let field, field.hasPrefix("bytes=") else { return }
        let ends = field.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, !ends[0].isEmpty || !ends[1].isEmpty else { return }
        guard let first = Self.number(ends[0]), let last = Self.number(ends[1]) else { return }
        switch (first, last) {
        case (nil, let suffix?):
            self = suffix > 0 && size > 0 ? .part(max(0, size - suffix)...(size - 1)) : .unsatisfiable
        case (let first?, let last):
            if let last, last < first { return }
            self = first < size ? .part(first...min(last ?? size - 1, size - 1)) : .unsatisfiable
        case (nil, nil):
            return
        }
    }

    /// `.some(nil)` for an empty end, nil for anything but digits.
    private static func number(_ text: Substring) -> Int?? {
        guard !text.isEmpty else { return .some(nil) }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = Int(text) else {
            return nil
        }
        return .some(value)
    }
}
