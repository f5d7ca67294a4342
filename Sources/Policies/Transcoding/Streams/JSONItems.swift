public import Bytes

/// Finds the values of a stream in bytes that arrive in pieces: lines (NDJSON), or the elements of one array.
///
/// Only where a value ends is found out, each byte looked at once; whether it is JSON says the parser. The owner keeps the bytes of the value
/// under way and bounds them.
public struct JSONItems: Sendable {
    public enum Format: Sendable {
        /// A value a line; empty lines mean nothing, the last line need not end.
        case lines
        /// The elements of one array.
        case array
    }

    public enum Step: Sendable, Equatable {
        /// A value, and where the search goes on.
        case item(ByteRange, next: Int)
        /// Everything before `next` is used; from there on are the first bytes of a value whose end has not come.
        case needMore(next: Int)
        /// There are no more values.
        case end
        case invalid(Fault)
    }

    /// Why bytes are no stream of values.
    public enum Fault: String, Error, Sendable, CaseIterable {
        /// They do not begin with an array.
        case notAnArray = "expected-array"
        /// A comma without a value before or after it, or something after the array.
        case misplaced = "invalid-json"
        /// They end inside the array.
        case unfinished = "unfinished-array"
    }

    private enum Place {
        case beforeArray
        /// Before the first element, where the array may also end.
        case first
        /// Before an element.
        case element
        /// Before a comma or the end of the array.
        case separator
        case afterArray
    }

    public let format: Format
    private var place = Place.beforeArray
    /// Bytes of the value under way that were looked at, and how they leave the reader.
    private var scanned = 0
    private var depth = 0
    private var isString = false
    private var isEscaped = false

    public init(_ format: Format) { self.format = format }

    /// The next value of `bytes` from `position`, which is where the last step said; the owner may have forgotten all bytes before it.
    ///
    /// - Parameter isLast: Whether nothing follows `bytes`.
    public mutating func next(_ bytes: ByteView, from position: Int, isLast: Bool) -> Step {
        switch format {
        case .lines: nextLine(bytes, position, isLast)
        case .array: nextElement(bytes, position, isLast)
        }
    }

    private mutating func nextLine(_ bytes: ByteView, _ start: Int, _ isLast: Bool) -> Step {
        var start = start
        while true {
            let found = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start + scanned)
            guard let end = found ?? (isLast ? bytes.count : nil) else {
                scanned = bytes.count - start
                return .needMore(next: start)
            }
            scanned = 0
            let next = min(end + 1, bytes.count)
            if Self.skipBlanks(bytes, start) < end { return .item(ByteRange(start, end), next: next) }
            if found == nil { return .end }
            start = next
        }
    }

    private mutating func nextElement(_ bytes: ByteView, _ start: Int, _ isLast: Bool) -> Step {
        var index = start
        while true {
            if scanned == 0 { index = Self.skipBlanks(bytes, index) }
            guard index < bytes.count else {
                guard isLast else { return .needMore(next: index) }
                return place == .afterArray ? .end : .invalid(place == .beforeArray ? .notAnArray : .unfinished)
            }
            let byte = bytes[index]
            switch place {
            case .beforeArray:
                guard byte == UInt8(ascii: "[") else { return .invalid(.notAnArray) }
                place = .first
                index += 1
            case .separator:
                place = byte == UInt8(ascii: ",") ? .element : .afterArray
                index += 1
            case .afterArray: return .invalid(.misplaced)
            case .first where byte == UInt8(ascii: "]"):
                place = .afterArray
                index += 1
            case .first, .element: return scanElement(bytes, index, isLast)
            }
        }
    }

    /// Looks for the end of the element that begins at `start`.
    private mutating func scanElement(_ bytes: ByteView, _ start: Int, _ isLast: Bool) -> Step {
        var index = start + scanned
        while index < bytes.count {
            if endsElement(bytes[index]) {
                guard index > start else { return .invalid(.misplaced) }
                scanned = 0
                place = .separator
                return .item(ByteRange(start, index), next: index)
            }
            index += 1
        }
        scanned = index - start
        return isLast ? .invalid(.unfinished) : .needMore(next: start)
    }

    /// Takes one byte of an element; true when it is the comma or bracket after it.
    @inline(__always)
    private mutating func endsElement(_ byte: UInt8) -> Bool {
        if isString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isString = false
            }
            return false
        }
        switch byte {
        case UInt8(ascii: "\""): isString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            if depth == 0 { return byte == UInt8(ascii: "]") }
            depth -= 1
        case UInt8(ascii: ","): return depth == 0
        default: break
        }
        return false
    }

    /// The first byte at or after `index` that is no white space of JSON.
    private static func skipBlanks(_ bytes: ByteView, _ index: Int) -> Int {
        var index = index
        while index < bytes.count, isBlank(bytes[index]) { index += 1 }
        return index
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }
}
