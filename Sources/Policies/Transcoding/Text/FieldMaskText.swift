import Bytes

/// The text form of `google.protobuf.FieldMask`: paths in lower camel case between commas.
enum FieldMaskText {
    /// Appends one path in snake case; false when it holds what the camel case of no path could.
    static func append(snakeCased path: ByteView, to out: ByteWriter) -> Bool {
        guard !path.isEmpty else { return false }
        var index = 0
        while index < path.count {
            let byte = path[index]
            if byte == UInt8(ascii: "_") || byte < 0x20 { return false }
            if byte &- 65 < 26 {
                out.append(UInt8(ascii: "_"))
                out.append(byte | 0x20)
            } else {
                out.append(byte)
            }
            index &+= 1
        }
        return true
    }

    /// Appends one path in camel case; false when reading that back would give another path.
    static func append(camelCased path: ByteView, to out: ByteWriter) -> Bool {
        guard !path.isEmpty else { return false }
        var index = 0
        while index < path.count {
            let byte = path[index]
            if byte == UInt8(ascii: "_") {
                index &+= 1
                guard index < path.count, path[index] &- 97 < 26 else { return false }
                out.append(path[index] & 0xdf)
            } else if byte &- 65 < 26 || byte < 0x20 || byte == UInt8(ascii: ",") {
                return false
            } else {
                out.append(byte)
            }
            index &+= 1
        }
        return true
    }
}
