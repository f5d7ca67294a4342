public import Bytes
import Protobuf

/// A `google.api.HttpBody`: the body of a request or response as it is, with its content type, instead of JSON.
///
/// Both parts are ranges of the wire bytes they were read from. In a server stream each message is one part of the body; the
/// content type of the first message holds for all.
public struct HTTPBody: Sendable, Equatable {
    /// `content_type`; empty when the message does not say.
    public private(set) var contentType = ByteRange.empty
    /// `data`: the bytes of the body.
    public private(set) var data = ByteRange.empty

    /// The parts of a whole message; nil when it is malformed or its content type could not be a header field's value.
    public init?(_ wire: ByteView) {
        guard merge(wire, ByteRange(0, wire.count)), Self.isFieldValue(wire[contentType]) else { return nil }
    }

    /// The parts of the message in field `number` of `wire`, both empty when it is absent; nil as for a whole message.
    public init?(_ wire: ByteView, field number: UInt32) {
        var reader = WireReader(wire)
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return nil }
            if tag == WireTag(number: number, type: .lengthDelimited) {
                guard let range = reader.readLengthDelimited(), merge(wire, range) else { return nil }
            } else if !reader.skip(tag) {
                return nil
            }
        }
        guard Self.isFieldValue(wire[contentType]) else { return nil }
    }

    /// Both fields are scalars, so of a message in parts the last of each counts.
    private mutating func merge(_ wire: ByteView, _ range: ByteRange) -> Bool {
        var reader = WireReader(wire, in: range)
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return false }
            switch (tag.number, tag.type) {
            case (1, .lengthDelimited):
                guard let found = reader.readLengthDelimited() else { return false }
                contentType = found
            case (2, .lengthDelimited):
                guard let found = reader.readLengthDelimited() else { return false }
                data = found
            default: guard reader.skip(tag) else { return false }
            }
        }
        return true
    }

    /// Whether the text can stand in a header: visible ASCII, blanks and tabs inside it (RFC 9110 section 5.5).
    private static func isFieldValue(_ text: ByteView) -> Bool {
        var index = 0
        while index < text.count {
            let byte = text[index]
            guard byte >= 0x20 && byte < 0x7f || byte == 0x09 else { return false }
            index &+= 1
        }
        return text.isEmpty || (text[0] > 0x20 && text[text.count &- 1] > 0x20)
    }
}

extension ByteWriter {
    /// Appends the contents of a `google.api.HttpBody`; false, with nothing appended, when the content type is not UTF-8.
    public func append(httpBody data: ByteView, contentType: ByteView) -> Bool {
        guard PlainText.isUTF8(contentType) else { return false }
        if !contentType.isEmpty {
            append(tag: WireTag(number: 1, type: .lengthDelimited))
            append(lengthDelimited: contentType)
        }
        if !data.isEmpty {
            append(tag: WireTag(number: 2, type: .lengthDelimited))
            append(lengthDelimited: data)
        }
        return true
    }

    /// Appends a `google.api.HttpBody` as field `number` of the message being written; false as for its contents.
    public func append(httpBody data: ByteView, contentType: ByteView, field number: UInt32) -> Bool {
        guard PlainText.isUTF8(contentType) else { return false }
        append(tag: WireTag(number: number, type: .lengthDelimited))
        // A length known beforehand saves moving a large body to make room for it.
        append(varint: UInt64(Self.fieldSize(contentType.count) &+ Self.fieldSize(data.count)))
        return append(httpBody: data, contentType: contentType)
    }

    /// Bytes of a length-delimited field whose number is below 16; 0 for an empty one, which is left out.
    private static func fieldSize(_ count: Int) -> Int {
        guard count > 0 else { return 0 }
        return 2 &+ (63 &- UInt64(count).leadingZeroBitCount) / 7 &+ count
    }
}

extension MessageCodec {
    /// Whether the message is a `google.api.HttpBody`, which callers pass on with `HTTPBody` instead of translating it.
    public var isHTTPBody: Bool { pool.messages[message].form == .httpBody }
}
