public import Bytes
import HTTPSemantics

/// Path and query of a target in the one form that routing, policies and upstreams all see.
public struct NormalisedTarget: Equatable, Sendable {
    /// The path, which starts with a slash: a range of the scratch writer when `isRewritten`, otherwise of the bytes given.
    public var path: ByteRange
    /// The query without its question mark, always a range of the bytes given; nil when there is no question mark.
    public var query: ByteRange?
    /// Whether the path had to be written anew.
    public var isRewritten: Bool
}

/// Brings the path of a request into one form, once, before anything looks at it (RFC 3986 section 6.2.2).
///
/// - Escapes of unreserved characters are decoded; all others stay escapes, with uppercase digits. Nothing is decoded twice.
/// - `%2F` and `%5C` are data: they never separate segments here. A segment is refused when such a slash sets a `.` or `..` apart
///   (`..%2F`, `a%5C..`), because an upstream may decode it, and when a semicolon follows them (`..;x`), because some servers cut
///   path parameters off before they resolve segments.
/// - `.` and `..` segments, written plainly or escaped, are resolved; a path that would climb above its root is refused.
/// - Empty segments (`//`) stay as they are; no route parameter matches one.
/// - Refused: an escape without two hexadecimal digits, an escaped control byte (`%00`...`%1F`, `%7F`), a raw byte that the
///   grammar of a path does not have (backslash, quotes, `< > ^ { | }`, backtick, bytes above ASCII), and a fragment.
///
/// The query is checked against `ByteClass.query` and not changed; its escapes are for whoever reads the parameters.
public enum TargetNormaliser {
    /// Normalises the path and query in `range` of `bytes` (`RequestTarget.pathAndQuery`).
    ///
    /// A path that needs no change, which is nearly every one, is only looked at. Otherwise it is appended to `scratch`; it never
    /// becomes longer. A range that is empty or starts with the question mark has the path `/`.
    public static func normalise(
        _ bytes: ByteView, _ range: ByteRange, into scratch: ByteWriter
    ) -> Result<NormalisedTarget, HTTP1Fault> {
        let target = bytes[range]
        let base = target.base
        let segment = ByteClass.segment
        guard target.count > 0, base[0] != UInt8(ascii: "?") else {
            let start = scratch.skip(1)
            scratch.set(UInt8(ascii: "/"), at: start)
            return finish(target, pathEnd: 0, offset: range.start, rewritten: ByteRange(start, start &+ 1))
        }
        guard base[0] == UInt8(ascii: "/") else { return .failure(.invalidTarget) }
        var index = 0
        while index < target.count {
            let byte = base[index]
            if segment.contains(byte) {
                index &+= 1
            } else if byte == UInt8(ascii: "/") {
                index &+= 1
                if index < target.count, base[index] == UInt8(ascii: ".") { return rewrite(target, range.start, scratch) }
            } else if byte == UInt8(ascii: "?") {
                break
            } else if byte == UInt8(ascii: "%") {
                return rewrite(target, range.start, scratch)
            } else {
                return .failure(byte == UInt8(ascii: "#") ? .fragmentInTarget : .invalidPathByte)
            }
        }
        return finish(target, pathEnd: index, offset: range.start, rewritten: nil)
    }

    /// Checks the query, which is what follows the question mark at `pathEnd`, and puts the parts together.
    private static func finish(
        _ target: ByteView, pathEnd: Int, offset: Int, rewritten: ByteRange?
    ) -> Result<NormalisedTarget, HTTP1Fault> {
        var query: ByteRange?
        if pathEnd < target.count {
            let allowed = ByteClass.query
            for index in pathEnd &+ 1..<target.count where !allowed.contains(target.base[index]) {
                return .failure(target.base[index] == UInt8(ascii: "#") ? .fragmentInTarget : .invalidQueryByte)
            }
            query = ByteRange(offset &+ pathEnd &+ 1, offset &+ target.count)
        }
        let path = rewritten ?? ByteRange(offset, offset &+ pathEnd)
        return .success(NormalisedTarget(path: path, query: query, isRewritten: rewritten != nil))
    }

    private static func rewrite(_ target: ByteView, _ offset: Int, _ scratch: ByteWriter) -> Result<NormalisedTarget, HTTP1Fault>
    {
        let start = scratch.count
        scratch.reserve(target.count)
        scratch.append(UInt8(ascii: "/"))
        var segmentStart = scratch.count
        var index = 1
        while true {
            let atEnd = index == target.count || target.base[index] == UInt8(ascii: "?")
            if atEnd || target.base[index] == UInt8(ascii: "/") {
                switch PathSegment.classify(scratch.view[segmentStart, scratch.count]) {
                case .plain:
                    if !atEnd { scratch.append(UInt8(ascii: "/")) }
                    segmentStart = scratch.count
                case .current:
                    scratch.truncate(to: segmentStart)
                case .parent:
                    guard segmentStart > start &+ 1 else { return .failure(.climbsAboveRoot) }
                    segmentStart = startOfParent(scratch.view, before: segmentStart &- 1)
                    scratch.truncate(to: segmentStart)
                case .ambiguous:
                    return .failure(.ambiguousDotSegment)
                }
                if atEnd { break }
                index &+= 1
            } else {
                switch appendCharacter(target, at: index, scratch) {
                case .success(let length): index &+= length
                case .failure(let fault): return .failure(fault)
                }
            }
        }
        return finish(target, pathEnd: index, offset: offset, rewritten: ByteRange(start, scratch.count))
    }

    /// Offset after the last slash before the slash at `slash`; the path's first slash stops the search.
    private static func startOfParent(_ written: ByteView, before slash: Int) -> Int {
        var index = slash
        while written[index &- 1] != UInt8(ascii: "/") { index &-= 1 }
        return index
    }

    /// Appends the character or escape at `index` in its one form; answers how many bytes of the target it takes.
    private static func appendCharacter(_ target: ByteView, at index: Int, _ scratch: ByteWriter) -> Result<Int, HTTP1Fault> {
        let byte = target.base[index]
        if byte != UInt8(ascii: "%") {
            guard ByteClass.segment.contains(byte) else {
                return .failure(byte == UInt8(ascii: "#") ? .fragmentInTarget : .invalidPathByte)
            }
            scratch.append(byte)
            return .success(1)
        }
        guard index &+ 2 < target.count, let high = ASCII.hexValue(target.base[index &+ 1]),
            let low = ASCII.hexValue(target.base[index &+ 2])
        else { return .failure(.invalidEscape) }
        let value = high &<< 4 | low
        if value < 0x20 || value == 0x7F { return .failure(.encodedControl) }
        if ByteClass.unreserved.contains(value) {
            scratch.append(value)
        } else {
            scratch.append(byte)
            scratch.append(PathSegment.upperHexDigit(high))
            scratch.append(PathSegment.upperHexDigit(low))
        }
        return .success(3)
    }
}

/// What a segment in its one form means for the path.
enum PathSegment {
    case plain, current, parent, ambiguous

    /// `ambiguous` when a dot segment hides beside an escaped slash or backslash, or before a path parameter.
    static func classify(_ segment: ByteView) -> PathSegment {
        var partStart = 0
        var index = 0
        while index < segment.count {
            if segment.base[index] == UInt8(ascii: ";") {
                if isDots(segment, partStart, index) { return .ambiguous }
                // The rest of the part is a parameter, which no system resolves.
                while index < segment.count, !isEscapedSlash(segment, at: index) { index &+= 1 }
                partStart = index
            } else if isEscapedSlash(segment, at: index) {
                if isDots(segment, partStart, index) { return .ambiguous }
                index &+= 3
                partStart = index
            } else {
                index &+= 1
            }
        }
        guard isDots(segment, partStart, segment.count) else { return .plain }
        if partStart > 0 { return .ambiguous }
        return segment.count == 1 ? .current : .parent
    }

    private static func isDots(_ segment: ByteView, _ start: Int, _ end: Int) -> Bool {
        guard (1...2).contains(end &- start), segment.base[start] == UInt8(ascii: ".") else { return false }
        return segment.base[end &- 1] == UInt8(ascii: ".")
    }

    /// Whether `%2F` or `%5C` stands at `index`; escapes have their one form here.
    private static func isEscapedSlash(_ segment: ByteView, at index: Int) -> Bool {
        guard segment.base[index] == UInt8(ascii: "%"), index &+ 2 < segment.count else { return false }
        let escape = segment[index &+ 1, index &+ 3]
        return escape == "2F" || escape == "5C"
    }

    static func upperHexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 48 &+ value : 55 &+ value }
}
