public import Bytes

/// Validation of UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
public enum UTF8Scan {
    /// The length of the well-formed multi-byte sequence at `index`, or 0 when there is none.
    @inlinable
    static func sequence(_ base: UnsafePointer<UInt8>, _ index: Int, _ count: Int) -> Int {
        let lead = base[index]
        if lead < 0xc2 || lead > 0xf4 { return 0 }
        let length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
        if index &+ length > count { return 0 }
        let second = base[index &+ 1]
        if second & 0xc0 != 0x80 { return 0 }
        switch lead {
        case 0xe0: if second < 0xa0 { return 0 }
        case 0xed: if second > 0x9f { return 0 }
        case 0xf0: if second < 0x90 { return 0 }
        case 0xf4: if second > 0x8f { return 0 }
        default: break
        }
        var next = 2
        while next < length {
            if base[index &+ next] & 0xc0 != 0x80 { return 0 }
            next &+= 1
        }
        return length
    }

    /// Offset of the first byte that is not part of well-formed UTF-8, or nil when all of it is.
    @inlinable
    public static func firstFault(in bytes: ByteView) -> Int? {
        var index = 0
        while index < bytes.count {
            if index &+ 8 <= bytes.count, bytes.load8(at: index) & 0x8080_8080_8080_8080 == 0 {
                index &+= 8
            } else if bytes.base[index] < 0x80 {
                index &+= 1
            } else {
                let length = sequence(bytes.base, index, bytes.count)
                if length == 0 { return index }
                index &+= length
            }
        }
        return nil
    }

    /// The number of code points in well-formed UTF-8.
    @inlinable
    public static func codePoints(in bytes: ByteView) -> Int {
        var count = 0
        var index = 0
        while index &+ 8 <= bytes.count {
            // A continuation byte has its top bit set and the next one clear.
            let word = bytes.load8(at: index)
            count &+= 8 &- (word & ~(word << 1) & 0x8080_8080_8080_8080).nonzeroBitCount
            index &+= 8
        }
        while index < bytes.count {
            if bytes.base[index] & 0xc0 != 0x80 { count &+= 1 }
            index &+= 1
        }
        return count
    }
}
