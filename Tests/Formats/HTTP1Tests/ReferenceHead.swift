/// A second, slow reading of the grammar of RFC 9112 that shares no code with the parser: whole lines, sets and arrays.
///
/// It judges whole heads without framing or host rules, so that every mutation of a message can be checked against it.
enum ReferenceHead {
    private static let tchar = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)

    /// Method, target and "name:value" of each field; nil when the bytes do not start with a whole well-formed head.
    static func parse(_ bytes: [UInt8]) -> (line: [String], fields: [String], length: Int)? {
        var lines: [[UInt8]] = []
        var current: [UInt8] = []
        var length = 0
        var sawLine = false
        for byte in bytes {
            length += 1
            current.append(byte)
            guard byte == 10 else { continue }
            guard current.count >= 2, current[current.count - 2] == 13 else { return nil }
            let line = Array(current.dropLast(2))
            current = []
            if line.contains(13) || line.contains(10) { return nil }
            if line.isEmpty && !sawLine { continue }
            if line.isEmpty { return finish(lines, length) }
            sawLine = true
            lines.append(line)
        }
        return nil
    }

    private static func finish(_ lines: [[UInt8]], _ length: Int) -> (line: [String], fields: [String], length: Int)? {
        guard let first = lines.first else { return nil }
        let parts = first.split(separator: 32, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(tchar.contains), !parts[1].isEmpty,
            parts[1].allSatisfy({ $0 > 32 && $0 < 127 }),
            ["HTTP/1.1", "HTTP/1.0"].contains(String(decoding: parts[2], as: UTF8.self))
        else { return nil }
        var fields: [String] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: 58), colon > 0, line[..<colon].allSatisfy(tchar.contains) else { return nil }
            var value = line[(colon + 1)...]
            guard value.allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 }) else { return nil }
            while let byte = value.first, byte == 32 || byte == 9 { value.removeFirst() }
            while let byte = value.last, byte == 32 || byte == 9 { value.removeLast() }
            fields.append("\(String(decoding: line[..<colon], as: UTF8.self)):\(String(decoding: value, as: UTF8.self))")
        }
        return (parts.map { String(decoding: $0, as: UTF8.self) }, fields, length)
    }
}
