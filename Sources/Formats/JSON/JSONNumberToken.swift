import Bytes

/// Where a number ends, by the whole grammar of RFC 8259 section 6.
struct JSONNumberToken {
    /// After the number, or where it is not one.
    private(set) var end: Int
    private(set) var fault: JSONFault.Code?
    /// Whether there is a fraction or an exponent.
    private(set) var hasFraction = false
    private let base: UnsafePointer<UInt8>
    private let size: Int

    /// Reads on from a digit or a minus sign.
    @inline(never)
    init(_ base: UnsafePointer<UInt8>, _ start: Int, _ size: Int) {
        (self.base, self.size, end) = (base, size, start)
        if !read() { fault = end >= size ? .unexpectedEnd : .invalidNumber }
    }

    private mutating func read() -> Bool {
        if peek() == UInt8(ascii: "-") { end &+= 1 }
        if peek() == UInt8(ascii: "0") {
            end &+= 1
            if ASCII.isDigit(peek()) { return false }
        } else if !digits() {
            return false
        }
        if peek() == UInt8(ascii: ".") {
            end &+= 1
            hasFraction = true
            if !digits() { return false }
        }
        guard peek() | 0x20 == UInt8(ascii: "e") else { return true }
        end &+= 1
        hasFraction = true
        if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { end &+= 1 }
        return digits()
    }

    private func peek() -> UInt8 { end < size ? base[end] : 0 }

    /// Skips digits; false when there is none.
    private mutating func digits() -> Bool {
        let start = end
        while end < size, ASCII.isDigit(base[end]) { end &+= 1 }
        return end > start
    }
}
