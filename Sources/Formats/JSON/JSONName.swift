import Bytes

/// A member's name and the colon after it, read in the way that covers every case.
struct JSONName {
    private(set) var start = 0
    private(set) var end = 0
    private(set) var hasEscapes = false
    /// After the colon, or where something else was found.
    private(set) var next: Int
    private(set) var fault: JSONFault.Code?

    /// Reads on from an offset before the name.
    @inline(never)
    init(_ text: ByteView, _ at: Int) {
        next = at
        guard take(UInt8(ascii: "\""), text) else { return }
        let ending = JSONString.end(text.base, next, text.count)
        (start, end, hasEscapes) = (next, ending.offset, ending.hasEscapes)
        fault = ending.fault
        next = ending.fault == nil ? end &+ 1 : end
        if fault == nil { _ = take(UInt8(ascii: ":"), text) }
    }

    /// Skips white space and the byte after it, which has to be this one.
    private mutating func take(_ byte: UInt8, _ text: ByteView) -> Bool {
        next = JSONWord.afterSpace(text.base, next, text.count)
        guard next < text.count, text.base[next] == byte else {
            fault = JSONFault.Code(unexpectedAt: next, text.count)
            return false
        }
        next &+= 1
        return true
    }
}
