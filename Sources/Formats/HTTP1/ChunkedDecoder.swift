public import Bytes
import HTTPSemantics

/// What a chunked body's next bytes mean.
public enum ChunkedEvent: Equatable, Sendable {
    /// Body bytes, in place. Call again from `consumedTo`, even when no bytes are left there.
    case data(ByteRange, consumedTo: Int)
    /// Everything before `consumedTo` is done with; call again when more bytes arrive.
    case needMore(consumedTo: Int)
    /// The body and its trailers are over; the next message starts at `consumedTo`.
    case end(consumedTo: Int)
    /// The body can not be understood any further; the decoder answers the same from now on.
    case invalid(HTTP1Fault)
}

/// The chunked transfer coding (RFC 9112 section 7.1), decoded step by step over bytes split anywhere.
///
/// It holds counters and no bytes. A size has one to sixteen hexadecimal digits, every line ends in CRLF; extensions are
/// bounded and skipped. Trailer lines are copied to a writer as they arrive, because they may be split over buffers: at `end`
/// the writer holds those that may be sent on (`TrailerRule`), each with its CRLF, ready to be written after a last chunk.
public struct ChunkedDecoder: Sendable {
    private enum State: UInt8, Sendable {
        case sizeStart, size, spaceBeforeExtension, extensions, sizeLineFeed, data, dataReturn, dataLineFeed
        case trailerStart, trailerLine, endLineFeed, ended, failed
    }

    /// Most digits of a chunk size: those of a 64-bit number. A sign, a prefix or more digits are refused.
    public static let maximumSizeDigits = 16

    private var state = State.sizeStart
    private var fault = HTTP1Fault.malformedChunk
    private var digits = 0
    private var remaining: UInt64 = 0
    private var extensionBytes = 0
    private var extensionTotal = 0
    private var trailerBytes = 0
    private var trailerFields = 0
    private var trailerLineStart = 0

    /// A decoder at the start of a body.
    public init() {}

    /// Reads on at `from`, which is `consumedTo` of the event before or 0 in a fresh buffer.
    ///
    /// `trailers` is the same writer for a whole body, empty at its start; it is written to only when trailers come.
    public mutating func next(
        _ bytes: ByteView, from: Int, trailers: ByteWriter, limits: HTTP1Limits = .default
    ) -> ChunkedEvent {
        var index = max(0, from)
        while index < bytes.count {
            let byte = bytes.base[index]
            switch state {
            case .data:
                let take = Int(min(UInt64(bytes.count &- index), remaining))
                remaining &-= UInt64(take)
                if remaining == 0 { state = .dataReturn }
                return .data(ByteRange(index, index &+ take), consumedTo: index &+ take)
            case .dataReturn:
                guard byte == Byte.cr else { return fail(.malformedChunk) }
                state = .dataLineFeed
            case .dataLineFeed:
                guard byte == Byte.lf else { return fail(.malformedChunk) }
                state = .sizeStart
            case .sizeStart, .size, .spaceBeforeExtension, .extensions, .sizeLineFeed:
                if let fault = readSizeLine(byte, limits) { return fail(fault) }
            case .trailerStart where byte == Byte.cr:
                state = .endLineFeed
            case .trailerStart, .trailerLine:
                switch readTrailer(bytes, from: index, trailers, limits) {
                case .done(let end): index = end
                case .incomplete: return .needMore(consumedTo: bytes.count)
                case .invalid(let fault): return fail(fault)
                }
                continue
            case .endLineFeed:
                guard byte == Byte.lf else { return fail(.bareLineBreak) }
                state = .ended
                return .end(consumedTo: index &+ 1)
            case .ended: return .end(consumedTo: index)
            case .failed: return .invalid(fault)
            }
            index &+= 1
        }
        switch state {
        case .ended: return .end(consumedTo: index)
        case .failed: return .invalid(fault)
        default: return .needMore(consumedTo: index)
        }
    }

    private mutating func fail(_ fault: HTTP1Fault) -> ChunkedEvent {
        state = .failed
        self.fault = fault
        return .invalid(fault)
    }

    /// One byte of "size [extensions] CRLF".
    private mutating func readSizeLine(_ byte: UInt8, _ limits: HTTP1Limits) -> HTTP1Fault? {
        switch state {
        case .sizeStart:
            guard let value = ASCII.hexValue(byte) else { return .invalidChunkSize }
            remaining = UInt64(value)
            digits = 1
            extensionBytes = 0
            state = .size
        case .size:
            if let value = ASCII.hexValue(byte) {
                digits &+= 1
                guard digits <= Self.maximumSizeDigits, remaining <= UInt64(Int64.max) &>> 4 else { return .chunkSizeTooLarge }
                remaining = remaining &<< 4 | UInt64(value)
            } else if byte == Byte.cr {
                state = .sizeLineFeed
            } else if byte == UInt8(ascii: ";") {
                state = .extensions
            } else if byte.isFieldSpace {
                state = .spaceBeforeExtension
            } else {
                return .invalidChunkSize
            }
        case .spaceBeforeExtension:
            if byte == UInt8(ascii: ";") {
                state = .extensions
            } else if !byte.isFieldSpace {
                return .invalidChunkSize
            }
            return countExtension(limits)
        case .extensions:
            if byte == Byte.cr {
                state = .sizeLineFeed
                return nil
            }
            guard byte >= 0x20 && byte != 0x7F || byte == Byte.tab else { return .malformedChunk }
            return countExtension(limits)
        default:
            guard byte == Byte.lf else { return .bareLineBreak }
            state = remaining == 0 ? .trailerStart : .data
        }
        return nil
    }

    private mutating func countExtension(_ limits: HTTP1Limits) -> HTTP1Fault? {
        extensionBytes &+= 1
        extensionTotal &+= 1
        let fits = extensionBytes <= limits.chunkExtensionBytes && extensionTotal <= limits.chunkExtensionTotalBytes
        return fits ? nil : .chunkExtensionsTooLong
    }

    /// Copies up to the end of the line; a whole line is checked, and taken back when it must not be sent on.
    private mutating func readTrailer(_ bytes: ByteView, from index: Int, _ trailers: ByteWriter, _ limits: HTTP1Limits) -> Step {
        if state == .trailerStart {
            trailerFields &+= 1
            guard trailerFields <= limits.trailerFields else { return .invalid(.trailersTooLarge) }
            trailerLineStart = trailers.count
            state = .trailerLine
        }
        let feed = bytes.firstIndex(of: Byte.lf, from: index)
        let end = feed.map { $0 &+ 1 } ?? bytes.count
        trailerBytes &+= end &- index
        guard trailerBytes <= limits.trailerBytes else { return .invalid(.trailersTooLarge) }
        trailers.append(bytes[index, end])
        guard feed != nil else { return .incomplete }

        let written = trailers.view
        var line = FieldLine(name: .empty, value: .empty, line: .empty, id: .other)
        switch FieldSection.parseLine(written.base, from: trailerLineStart, to: written.count, into: &line) {
        case .done: break
        case .incomplete: return .invalid(.invalidTrailer)
        case .invalid(let fault): return .invalid(fault)
        }
        if !TrailerRule.mayBeSentOn(line.id, written[line.name]) { trailers.truncate(to: trailerLineStart) }
        state = .trailerStart
        return .done(end)
    }
}
