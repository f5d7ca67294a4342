import Bytes
import HTTPSemantics

/// The request line (RFC 9112 section 3): method, target and version with single spaces between them.
struct RequestLine {
    var method = ByteRange.empty
    var target = ByteRange.empty
    var minorVersion: UInt8 = 1

    /// Parses the line, skipping a few empty lines before it; answers the offset of the first field line.
    mutating func parse(_ bytes: ByteView, to end: Int, limits: HTTP1Limits) -> Step {
        let base = bytes.base
        var index = 0
        if end > 0, base[0] == Byte.cr || base[0] == Byte.lf {
            switch Self.skipEmptyLines(base, to: end, limit: limits.leadingEmptyLines) {
            case .done(let skipped): index = skipped
            case let stop: return stop
            }
        }
        let methodStart = index
        let token = ByteClass.token
        while index < end, token.contains(base[index]) { index &+= 1 }
        guard index &- methodStart <= limits.methodBytes else { return .invalid(.methodTooLong) }
        guard index < end else { return .incomplete }
        guard base[index] == Byte.space, index > methodStart else { return .invalid(.malformedRequestLine) }
        method = ByteRange(methodStart, index)

        index &+= 1
        let targetStart = index
        index = ByteScan.endOfVisible(base, from: index, to: end)
        guard index &- targetStart <= limits.targetBytes else { return .invalid(.targetTooLong) }
        guard index < end else { return .incomplete }
        guard base[index] == Byte.space else {
            return .invalid(base[index] == Byte.cr || base[index] == Byte.lf ? .malformedRequestLine : .invalidTarget)
        }
        guard index > targetStart else { return .invalid(.malformedRequestLine) }
        target = ByteRange(targetStart, index)
        return parseVersion(base, from: index &+ 1, to: end)
    }

    /// The version and the end of the line: "HTTP/1.1\r\n" and nothing after it.
    private mutating func parseVersion(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Step {
        switch HTTPVersion.parse(base, from: start, to: end) {
        case .done(let minor): minorVersion = UInt8(truncatingIfNeeded: minor)
        case let stop: return stop
        }
        let index = start &+ HTTPVersion.byteCount
        guard index < end else { return .incomplete }
        guard base[index] == Byte.cr else {
            return .invalid(base[index] == Byte.lf ? .bareLineBreak : .malformedVersion)
        }
        guard index &+ 1 < end else { return .incomplete }
        guard base[index &+ 1] == Byte.lf else { return .invalid(.bareLineBreak) }
        return .done(index &+ 2)
    }

    /// Offset after the CRLFs before the line.
    private static func skipEmptyLines(_ base: UnsafePointer<UInt8>, to end: Int, limit: Int) -> Step {
        var index = 0
        var lines = 0
        while index < end, base[index] == Byte.cr || base[index] == Byte.lf {
            guard base[index] == Byte.cr else { return .invalid(.bareLineBreak) }
            guard index &+ 1 < end else { return .incomplete }
            guard base[index &+ 1] == Byte.lf else { return .invalid(.bareLineBreak) }
            lines &+= 1
            guard lines <= limit else { return .invalid(.malformedRequestLine) }
            index &+= 2
        }
        return .done(index)
    }
}

/// The eight bytes `HTTP/1.0` or `HTTP/1.1` (RFC 9112 section 2.3), which are case-sensitive.
enum HTTPVersion {
    static let byteCount = 8

    /// The minor version; `incomplete` while the bytes so far fit.
    @inline(__always)
    static func parse(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Step {
        guard start &+ byteCount <= end else { return prefix(base, from: start, to: end) }
        switch UInt64(littleEndian: UnsafeRawPointer(base + start).loadUnaligned(as: UInt64.self)) {
        case 0x312E_312F_5054_5448: return .done(1)
        case 0x302E_312F_5054_5448: return .done(0)
        default: return prefix(base, from: start, to: start &+ byteCount)
        }
    }

    private static func prefix(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Step {
        let name: StaticString = "HTTP/"
        for index in start..<end {
            let byte = base[index]
            let fits: Bool
            switch index - start {
            case 0..<5: fits = byte == name.utf8Start[index - start]
            case 6: fits = byte == UInt8(ascii: ".")
            default: fits = ASCII.isDigit(byte)
            }
            if !fits { return .invalid(.malformedVersion) }
        }
        return end - start == byteCount ? .invalid(.versionNotSupported) : .incomplete
    }
}
