public import Bytes

extension JSONTape {
    /// The number as a 64-bit integer when its value is exactly one, however it is written (`100`, `1e2`, `1.0`), or nil.
    public func int64(_ index: Int) -> Int64? {
        kind(index) == .number ? JSONNumber.int64(raw(index)) : nil
    }

    /// The number as an unsigned 64-bit integer when its value is exactly one, or nil; `-0` is 0.
    public func uint64(_ index: Int) -> UInt64? {
        guard kind(index) == .number, let exact = JSONNumber.integer(raw(index)) else { return nil }
        return exact.isNegative && exact.magnitude != 0 ? nil : exact.magnitude
    }

    /// The `Double` nearest to the number, or nil when it is beyond the finite range or the node is no number.
    public func double(_ index: Int) -> Double? {
        kind(index) == .number ? JSONNumber.double(raw(index)) : nil
    }

    /// Appends the unescaped bytes of a string or name.
    public func appendUnescaped(_ index: Int, to writer: ByteWriter) {
        if hasEscapes(index) { appendUnescaped(raw(index), to: writer) } else { writer.append(raw(index)) }
    }

    /// Appends what escaped text stands for.
    func appendUnescaped(_ escaped: ByteView, to writer: ByteWriter) {
        var reader = JSONString.Reader(escaped)
        while let piece = reader.next() {
            switch piece {
            case .plain(let run): writer.append(run)
            case .scalar(let scalar):
                var (bytes, count) = JSONString.encode(scalar)
                while count > 0 {
                    writer.append(UInt8(truncatingIfNeeded: bytes))
                    bytes >>= 8
                    count &-= 1
                }
            }
        }
    }

    /// The number of code points in a string or name.
    public func codePoints(_ index: Int) -> Int {
        guard hasEscapes(index) else { return UTF8Scan.codePoints(in: raw(index)) }
        var reader = JSONString.Reader(raw(index))
        var count = 0
        while let piece = reader.next() {
            switch piece {
            case .plain(let run): count &+= UTF8Scan.codePoints(in: run)
            case .scalar: count &+= 1
            }
        }
        return count
    }

    /// The unescaped text of a string or name, the raw text of anything else. Off the hot path only.
    public func string(_ index: Int) -> String {
        guard kind(index) == .string || kind(index) == .key else { return String(raw(index)) }
        let writer = ByteWriter(capacity: range(index).count)
        appendUnescaped(index, to: writer)
        return String(writer.view)
    }
}
